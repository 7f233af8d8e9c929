"""Grouping of events into attempts to connect.

Events belong together where they name the same client and no two people, or come from one program: the same address and
the same user agent. An address alone proves nothing, because a whole office may share it; so do the user agents of
browsers. A sign-in belongs to the next request of the same person. The first call belongs to its token, also days
later.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from accounts.diagnosis.attempt import (
    CALL,
    CHALLENGE,
    CONSENT,
    METADATA,
    REGISTRATION,
    REQUEST,
    SIGN_IN,
    TOKEN,
    Attempt,
    Step,
)
from accounts.models import Event

# Two events that are further apart belong to two attempts.
GAP = timedelta(minutes=30)
DISCOVERY = (CHALLENGE, METADATA)
BEGINNINGS = (CHALLENGE, REGISTRATION, REQUEST)
Program = tuple[str, str]


def assemble(events: Iterable[Event]) -> list[Attempt]:
    """Group `events`, oldest first, into attempts."""
    assembly = Assembly()
    for event in events:
        assembly.add(event)
    return assembly.attempts


class Assembly:
    """The attempts so far, and those that the next event may continue."""

    def __init__(self) -> None:
        self._all: list[Attempt] = []
        self._of_client: dict[str, list[Attempt]] = defaultdict(list)
        self._of_program: dict[Program, Attempt] = {}
        # Those with a token that was not used so far, by client.
        self._unused: dict[str, list[Attempt]] = defaultdict(list)
        # Of each person by address: somebody else may try passwords for the same account.
        self._sign_ins: dict[int, dict[str | None, Attempt]] = defaultdict(dict)

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts. A sign-in alone is none, unless it was refused."""
        return [a for a in self._all if a.steps and (not a.is_sign_in_alone or a.last.is_refused)]

    def add(self, event: Event) -> None:
        step = Step.of(event)
        if step.name == SIGN_IN:
            self._add_sign_in(step)
            return
        attempt = self._of_token(step) or (self._of_same_client(step) if event.client_id else None)
        attempt = attempt or self._of_same_program(step)
        if attempt is None:
            if self._says_nothing(step):
                return
            attempt = Attempt()
            self._all.append(attempt)
        self._add_to(attempt, step)

    def _add_to(self, attempt: Attempt, step: Step) -> None:
        event = step.event
        if step.name in (TOKEN, CALL):
            self._take_discovery(attempt, event)
        attempt.steps.append(step)
        if step.name == TOKEN and not step.is_refused and attempt not in self._unused[event.client_id]:
            self._unused[event.client_id].append(attempt)
        # A sign-in that was not followed in time remains alone.
        signing_in = self._sign_in_before(event)
        if signing_in is not None and _is_near(signing_in, event):
            attempt.take(signing_in)
        if event.client_id and attempt not in self._of_client[event.client_id]:
            self._of_client[event.client_id].append(attempt)
        if (program := program_of(event)) is not None:
            self._of_program[program] = attempt

    def _add_sign_in(self, step: Step) -> None:
        """Keep a sign-in for the next request of the same person. One of somebody unknown belongs to no attempt."""
        user_id = step.event.user_id
        if user_id is None:
            return
        known = self._sign_ins[user_id].get(step.event.address)
        if known is None or not _is_near(known, step.event):
            known = self._sign_ins[user_id][step.event.address] = Attempt()
            self._all.append(known)
        known.steps.append(step)

    def _sign_in_before(self, event: Event) -> Attempt | None:
        """Remove and return the sign-in of the person of `event`, at the same address or else a successful one."""
        signing_in = self._sign_ins.get(event.user_id, {}) if event.user_id is not None else {}
        succeeded = (address for address, each in reversed(signing_in.items()) if not each.last.is_refused)
        address = event.address if event.address in signing_in else next(succeeded, None)
        return signing_in.pop(address, None)

    def _of_token(self, step: Step) -> Attempt | None:
        """Return the attempt with the token of which `step` is the first use: of the same authorization, if known."""
        event = step.event
        if step.name != CALL or step.is_refused:
            return None
        unused = [each for each in self._unused[event.client_id] if each.user_id == event.user_id]
        same = [each for each in unused if each.authorization_id == event.authorization_id]
        found = next(reversed(same or unused), None)
        if found is not None:
            self._unused[event.client_id].remove(found)
        return found

    def _of_same_client(self, step: Step) -> Attempt | None:
        """Return the newest attempt of the same client that `step` continues, and that is not of another person."""
        event = step.event
        near = [each for each in self._of_client[event.client_id] if each.steps and _is_near(each, event)]
        self._of_client[event.client_id] = near
        candidates = [each for each in near if _continues(each, step)]
        if event.user_id is not None:
            candidates = [each for each in candidates if each.user_id in (None, event.user_id)]
            # The person's own attempt is meant, rather than one that nobody signed in for yet.
            candidates.sort(key=lambda each: each.user_id is not None)
        elif step.name not in (TOKEN, CALL) or len({each.user_id for each in candidates} - {None}) > 1:
            # With two people who are connecting the client, nobody knows whose step it is.
            candidates = [each for each in candidates if each.user_id is None]
        return candidates[-1] if candidates else None

    def _of_same_program(self, step: Step) -> Attempt | None:
        """Return the attempt of the same program, of which neither a client nor a person is known so far."""
        program = program_of(step.event)
        found = self._of_program.get(program) if program is not None else None
        if found is None or not found.steps or not _is_near(found, step.event) or not _continues(found, step):
            return None
        return found if not found.client_id and found.user_id is None else None

    def _take_discovery(self, attempt: Attempt, event: Event) -> None:
        """Add to `attempt` what its program requested before the client was known, as clients with documents do."""
        program = program_of(event)
        found = self._of_program.get(program) if program is not None else None
        if found is None or found is attempt or not found.is_discovery_alone or not _is_near(found, event):
            return
        if not any(step.name in DISCOVERY for step in attempt.steps):
            attempt.take(found)

    def _says_nothing(self, step: Step) -> bool:
        """Return whether `step` begins no attempt: a later call, or metadata that a known program reads again."""
        if step.name == CALL and step.event.outcome == Event.Outcome.OK:
            return True
        program = program_of(step.event)
        known = self._of_program.get(program) if program is not None else None
        return step.name == METADATA and known is not None and bool(known.client_id) and _is_near(known, step.event)


def program_of(event: Event) -> Program | None:
    """Return the address and user agent that identify a program; None where they identify none."""
    if not event.address or not event.agent:
        return None
    return event.address, event.agent


def _is_near(attempt: Attempt, event: Event) -> bool:
    return bool(attempt.steps) and event.at - attempt.last.event.at <= GAP


def _continues(attempt: Attempt, step: Step) -> bool:
    """Return whether `step` is the next one of `attempt`, rather than the first of another."""
    if attempt.is_connected:
        return False
    if step.name == REQUEST and attempt.last.name == REQUEST and not attempt.last.is_refused:
        # The consent page was loaded again.
        return True
    # A second request or registration begins another attempt.
    done = {each.name for each in attempt.steps}
    return not (step.name in BEGINNINGS and done & {step.name, REQUEST, CONSENT})
