"""Grouping of events of the audit log into attempts: by client, by address and by time."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import chain

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.diagnosis.attempt import CALL, CHALLENGE, METADATA, REGISTRATION, REQUEST, SIGN_IN, Attempt, Step, step_of
from accounts.models import Event

# Two events that are further apart belong to two attempts.
GAP = timedelta(minutes=30)
# The newest events of each kind that are read: enough for more attempts than fit on a page.
MOST_EVENTS = 600
BEGINNINGS = (CHALLENGE, METADATA, REGISTRATION, REQUEST)
# Reasons of refusals of a connection. Without expired_token: the client refreshes it, or its refresh is refused.
TOKEN_REFUSALS = (
    *("missing_token", "malformed_token", "unknown_token", "revoked_token", "foreign_token"),
    *("suspended_client", "suspended_person", "foreign_origin"),
)
# Each condition has an index, so calls and refreshes in between cost nothing.
CONNECTING = [
    *(
        Q(kind=kind)
        for kind in (Event.Kind.METADATA, Event.Kind.REGISTRATION, Event.Kind.AUTHORIZATION, Event.Kind.SIGN_IN)
    ),
    Q(action="authorization_code", kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.MCP, reason__in=TOKEN_REFUSALS),
]


def recent(*, client_id: str = "", user_id: int | None = None) -> list[Attempt]:
    """Return attempts, the newest first: all, or those of one client or person."""
    attempts = assemble(events_of(client_id=client_id, user_id=user_id))
    if client_id:
        attempts = [attempt for attempt in attempts if attempt.client_id == client_id]
    if user_id is not None:
        attempts = [a for a in attempts if any(step.event.user_id == user_id for step in a.steps)]
    return merge_challenges(sorted(attempts, key=lambda attempt: attempt.last.event.pk, reverse=True))


def merge_challenges(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return `attempts`, newest first, with one for all that are challenges alone from one program and address."""
    merged: list[Attempt] = []
    challenges: dict[tuple[str, ...], Attempt] = {}
    for attempt in attempts:
        if attempt.is_challenge_only:
            first = challenges.setdefault((attempt.agent, *attempt.addresses), attempt)
            if first is not attempt:
                first.times += 1
                continue
        merged.append(attempt)
    return merged


def events_of(*, client_id: str = "", user_id: int | None = None) -> list[Event]:
    """Return the events of attempts, oldest first, each of them once."""
    owned = Q(client_id=client_id) if client_id else Q() if user_id is None else Q(user_id=user_id)
    newest = list(chain.from_iterable(_newest(Event.objects.filter(owned, condition)) for condition in CONNECTING))
    found = {event.pk: event for event in chain(newest, _first_calls(newest))}
    if client_id or user_id is not None:
        found |= {event.pk: event for event in _leading_to(found.values())}
    return [found[pk] for pk in sorted(found)]


def assemble(events: Iterable[Event]) -> list[Attempt]:
    """Group `events`, oldest first, into attempts."""
    attempts: list[Attempt] = []
    by_client: dict[str, Attempt] = {}
    by_address: dict[str | None, Attempt] = {}
    for event in events:
        name = step_of(event)
        known = by_client.get(event.client_id) if event.client_id else None
        near = by_address.get(event.address) if event.address else None
        attempt = next((each for each in (known, near) if each is not None and _continues(each, event, name)), None)
        if attempt is None:
            if name == CALL and event.outcome == Event.Outcome.OK:
                continue
            attempt = Attempt()
            attempts.append(attempt)
        elif attempt is known and near is not None and near is not known and _is_their_sign_in(near, event):
            # The person's browser has another address than the app's servers.
            attempt.steps += near.steps
            near.steps = []
        attempt.steps.append(Step(name, event))
        if event.client_id:
            by_client[event.client_id] = attempt
        by_address[event.address] = attempt
    # A sign-in alone is not an attempt to connect an app.
    return [attempt for attempt in attempts if attempt.steps and not _is_sign_in_alone(attempt)]


def _is_sign_in_alone(attempt: Attempt) -> bool:
    return all(step.name == SIGN_IN for step in attempt.steps)


def _is_their_sign_in(attempt: Attempt, event: Event) -> bool:
    return _is_sign_in_alone(attempt) and not _is_of_another(attempt, event)


def _is_of_another(attempt: Attempt, event: Event) -> bool:
    """Return whether `event` is of another person than `attempt`: several may share one address."""
    return event.user_id is not None and attempt.user_id not in (None, event.user_id)


def _continues(attempt: Attempt, event: Event, name: str) -> bool:
    """Return whether `event` is the next step of `attempt`, rather than the first of another."""
    if not attempt.steps or event.at - attempt.last.event.at > GAP or attempt.is_connected:
        return False
    if event.client_id and attempt.client_id not in ("", event.client_id):
        return False
    if _is_of_another(attempt, event):
        return False
    if name == SIGN_IN and attempt.last.is_refused:
        return False
    if name == REQUEST and attempt.last.name == REQUEST and not attempt.last.is_refused:
        # The consent page was loaded again.
        return True
    # A second request or registration begins another attempt.
    done = {step.name for step in attempt.steps}
    return not (name in BEGINNINGS and name != METADATA and (name in done or REQUEST in done))


def _newest(events: QuerySet[Event]) -> list[Event]:
    return list(events.order_by("-pk")[:MOST_EVENTS])


def _first_calls(events: Iterable[Event]) -> QuerySet[Event]:
    """Return the first call after each token in `events`. Later successful calls do not matter."""
    tokens = [event.pk for event in events if event.kind == Event.Kind.TOKEN and event.outcome == Event.Outcome.OK]
    after = Event.objects.filter(client_id=OuterRef("client_id"), pk__gt=OuterRef("pk"), kind=Event.Kind.MCP)
    firsts = Event.objects.filter(pk__in=tokens).values_list(Subquery(after.order_by("pk").values("pk")[:1]), flat=True)
    return Event.objects.filter(pk__in=[pk for pk in firsts if pk is not None])


def _leading_to(events: Collection[Event]) -> list[Event]:
    """Return what preceded `events`: their clients' registrations; challenges and sign-ins from their addresses."""
    addresses = {event.address for event in events if event.address}
    earliest = min((event.at for event in events), default=None)
    if earliest is None:
        return []
    clients = {event.client_id for event in events if event.client_id}
    nameless = Q(kind__in=(Event.Kind.METADATA, Event.Kind.SIGN_IN)) | Q(kind=Event.Kind.MCP, reason="missing_token")
    nearby = ~Q(kind=Event.Kind.MCP, outcome=Event.Outcome.OK) & Q(address__in=addresses, client_id="") & nameless
    registered = Q(client_id__in=clients, kind=Event.Kind.REGISTRATION)
    since = Event.objects.filter(at__gt=earliest - GAP)
    return [*_newest(since.filter(nearby)), *_newest(since.filter(registered))]
