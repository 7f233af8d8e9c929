"""One attempt of a client to connect, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from django.utils import timezone
from django.utils.translation import gettext

from accounts.clients.metadata.grant_types import TOKEN_EXCHANGE
from accounts.diagnosis import devices, labels
from accounts.diagnosis.explanation import Explanation
from accounts.diagnosis.explanations import explain
from accounts.diagnosis.explanations.stopped import STOPPED
from accounts.models import Event

# The steps of every client, in order. A client that is registered, or a person who is signed in, skips theirs.
CHALLENGE, METADATA, REGISTRATION, SIGN_IN, REQUEST, CONSENT, TOKEN, CALL = STEPS = (
    "challenge",
    "metadata",
    "registration",
    "sign-in",
    "request",
    "consent",
    "token",
    "first call",
)
CONNECTED, REFUSED, STOPPED_STATE, CANCELLED, UNDER_WAY, UNUSED = STATES = (
    "connected",
    "refused",
    "stopped",
    "cancelled",
    "under way",
    "not used yet",
)
FAILED = (REFUSED, STOPPED_STATE)
# A person has this long to act, before the attempt counts as stopped.
OVERDUE = timedelta(minutes=10)

# The last steps of an attempt that may go on on any later day, when somebody uses the app.
USED_LATER = (REGISTRATION, TOKEN)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    event: Event

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(step_of(event), event)

    @property
    def label(self) -> str:
        return labels.step_label(self.name)

    @property
    def is_cancelled(self) -> bool:
        """Return whether the person cancelled on the consent page, or the device was told that they did."""
        return self.name in (CONSENT, TOKEN) and self.event.reason == "access_denied"

    @property
    def is_refused(self) -> bool:
        """Return whether the server refused this step. A challenge does not count: every client starts with one."""
        return self.event.outcome == Event.Outcome.REFUSED and self.name != CHALLENGE

    @property
    def is_exchange(self) -> bool:
        """Return whether it is an exchange of a token for one of another server, which sees all calls with it."""
        return self.name == TOKEN and self.event.action == TOKEN_EXCHANGE

    @property
    def explanation(self) -> Explanation | None:
        return explain(self.event) if self.is_refused else None


@dataclass(slots=True)
class Attempt:
    """An attempt to connect. `steps` holds one step at least, in order of time."""

    steps: list[Step] = field(default_factory=list)
    # How many attempts this one stands for (accounts/diagnosis/timeline.py).
    times: int = 1
    # What an operator is told instead (accounts/diagnosis/stops.py).
    instead: Explanation | None = None

    @property
    def started_at(self) -> datetime:
        return self.steps[0].event.at

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def client_id(self) -> str:
        return next((step.event.client_id for step in self.steps if step.event.client_id), "")

    @property
    def name(self) -> str:
        if self.is_sign_in_alone:
            return gettext("Sign-in")
        # The event of an exchange names the app on whose behalf the server acts.
        own = (step for step in reversed(self.steps) if step.event.client_id in ("", self.client_id))
        names = (step.event.client_name for step in own)
        # A browser's user agent describes the person's computer, not the app.
        program = self.agent if not self.agent.startswith("Mozilla/") else ""
        return next((name for name in names if name), "") or program or self.client_id or gettext("An unknown program")

    @property
    def agent(self) -> str:
        return next((step.event.agent for step in self.steps if step.event.agent), "")

    @property
    def username(self) -> str:
        return next((step.event.username for step in self.steps if step.event.username), "")

    @property
    def user_id(self) -> int | None:
        return next((step.event.user_id for step in self.steps if step.event.user_id), None)

    @property
    def authorization_id(self) -> int | None:
        """The authorization of the newest step that has one."""
        return next((step.event.authorization_id for step in reversed(self.steps) if step.event.authorization_id), None)

    @property
    def addresses(self) -> list[str]:
        return list(dict.fromkeys(step.event.address for step in self.steps if step.event.address))

    @property
    def is_challenge_only(self) -> bool:
        """Return whether it consists of requests without a token alone, as those of scanners do."""
        return all(step.name == CHALLENGE for step in self.steps)

    @property
    def is_discovery_alone(self) -> bool:
        """Return whether only a program is known, which asked where to get a token."""
        return bool(self.steps) and all(step.name in (CHALLENGE, METADATA) for step in self.steps)

    @property
    def is_sign_in_alone(self) -> bool:
        return all(step.name == SIGN_IN for step in self.steps)

    @property
    def is_connected(self) -> bool:
        return any(not step.is_refused and (step.name == CALL or step.is_exchange) for step in self.steps)

    @property
    def refused(self) -> Step | None:
        """The last step, if that was refused: a refusal before a success does not count."""
        return None if self.is_connected or not self.last.is_refused else self.last

    @property
    def state(self) -> str:
        if self.is_connected:
            return CONNECTED
        if self.refused is not None:
            return CANCELLED if self.refused.is_cancelled else REFUSED
        if timezone.now() - self.last.event.at <= OVERDUE:
            return UNDER_WAY
        return UNUSED if self.last.name in USED_LATER else STOPPED_STATE

    @property
    def state_label(self) -> str:
        """The state in words; of one that failed, with the step: "refused at token"."""
        return labels.failure_label(self.state, self.last.name) if self.is_failed else labels.state_label(self.state)

    @property
    def is_failed(self) -> bool:
        """Return whether it failed. One that the person cancelled did not."""
        return self.state in FAILED

    @property
    def explanation(self) -> Explanation | None:
        """Return why it failed or nothing followed; None where it succeeded, is under way or was cancelled."""
        if not self.is_failed and self.state != UNUSED:
            return None
        if self.instead is not None:
            return self.instead
        return self.refused.explanation if self.refused is not None else self._stopped

    @property
    def _stopped(self) -> Explanation | None:
        """Why nothing followed the last step."""
        of_device = devices.stopped([step.event for step in self.steps])
        return of_device or STOPPED.get(self.last.name)

    @property
    def missing(self) -> Sequence[str]:
        """The steps after the furthest one that was taken."""
        if self.is_connected or self.is_sign_in_alone:
            return ()
        return STEPS[max(STEPS.index(step.name) for step in self.steps) + 1 :]

    @property
    def missing_labels(self) -> list[str]:
        return [labels.step_label(name) for name in self.missing]

    def take(self, other: "Attempt") -> None:
        """Move the steps of `other`, which turns out to be a part of this attempt, to their places in time."""
        self.steps = sorted([*self.steps, *other.steps], key=lambda step: step.event.pk)
        other.steps = []


def step_of(event: Event) -> str:
    match event.kind:
        case Event.Kind.METADATA:
            return METADATA
        case Event.Kind.REGISTRATION:
            return REGISTRATION
        case Event.Kind.SIGN_IN:
            return SIGN_IN
        case Event.Kind.AUTHORIZATION:
            is_decision = event.action == "approved" or event.reason == "access_denied"
            return CONSENT if is_decision else REQUEST
        case Event.Kind.TOKEN:
            return TOKEN
        case _:
            return CHALLENGE if event.reason == "missing_token" else CALL
