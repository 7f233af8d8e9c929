"""One attempt to connect, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.diagnosis.explanations import Explanation, explain
from accounts.models import Event

# The way of every client, in its order. What was there before (a registration, a sign-in) is not done again.
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
# A person may take their time, before the rest is overdue.
OVERDUE = timedelta(minutes=10)

# What was last seen -> why nothing came after it, and what to do.
STOPPED: dict[str, Explanation] = {
    CHALLENGE: Explanation(
        "The client was told where to get a token, and did not come for it.",
        "It may not know OAuth, or cannot reach the address that it was told: PUBLIC_URL.",
    ),
    METADATA: Explanation(
        "The client read what this server offers, and did not go on.",
        "It can neither register itself nor use a metadata document: make a client by hand in admin. Or REGISTRATION "
        "is closed.",
    ),
    REGISTRATION: Explanation(
        "The client registered, and sent nobody to sign in.",
        "It could not open a browser, or the person closed it. Start again from the app.",
    ),
    REQUEST: Explanation(
        "The person came to the server, and has not decided.",
        "They may have closed the page, or could not sign in. Start again from the app.",
    ),
    SIGN_IN: Explanation("The person signed in, and has not decided.", "Start again from the app."),
    CONSENT: Explanation(
        "Access was approved, but the client never came for its token.",
        "The browser could not reach the app’s own address after approval: is it still running, on the same machine? "
        "A web app’s servers may also be kept out by a firewall.",
    ),
    TOKEN: Explanation(
        "The client has its token, and has called nothing yet.",
        "It may be waiting for the person to use it. If not, it cannot reach /mcp.",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    event: Event

    @property
    def is_refused(self) -> bool:
        """A challenge is how every client starts; and a tool that fails was reached."""
        return self.event.outcome == Event.Outcome.REFUSED and self.name != CHALLENGE

    @property
    def explanation(self) -> Explanation | None:
        return explain(self.event) if self.is_refused else None


@dataclass(slots=True)
class Attempt:
    """`steps` are in the order in which they happened; there is one at least."""

    steps: list[Step] = field(default_factory=list)
    # How often it came, where it is told once for all of them (accounts/diagnosis/timeline.py).
    times: int = 1

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
        names = (step.event.client_name for step in reversed(self.steps))
        # A browser tells of the person's computer, not of the app that sent them.
        program = self.agent if not self.agent.startswith("Mozilla/") else ""
        return next((name for name in names if name), "") or program or self.client_id or "An unknown program"

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
    def addresses(self) -> list[str]:
        return list(dict.fromkeys(step.event.address for step in self.steps if step.event.address))

    @property
    def only_knocked(self) -> bool:
        """Whether it asked once without a token, and that was all: as whatever scans the internet does."""
        return all(step.name == CHALLENGE for step in self.steps)

    @property
    def is_connected(self) -> bool:
        return any(step.name == CALL and not step.is_refused for step in self.steps)

    @property
    def refused(self) -> Step | None:
        """The step at which it failed: a later success makes up for an earlier refusal."""
        return None if self.is_connected or not self.last.is_refused else self.last

    @property
    def state(self) -> str:
        if self.is_connected:
            return "connected"
        if self.refused is not None:
            return "refused"
        return "stopped" if timezone.now() - self.last.event.at > OVERDUE else "under way"

    @property
    def explanation(self) -> Explanation | None:
        """Why it did not get further; None where it did, or still may."""
        if self.refused is not None:
            return self.refused.explanation
        return STOPPED.get(self.last.name) if self.state == "stopped" else None

    @property
    def missing(self) -> Sequence[str]:
        """The steps that did not come, of those after the last."""
        return () if self.is_connected else STEPS[STEPS.index(self.last.name) + 1 :]


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
