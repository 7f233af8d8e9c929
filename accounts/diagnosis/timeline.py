"""From the trail to attempts: events belong together by client, by address, and by being close in time."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import chain

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.diagnosis.attempt import CALL, CHALLENGE, METADATA, REGISTRATION, REQUEST, SIGN_IN, Attempt, Step, step_of
from accounts.models import Event

# So far apart, two events are of two attempts.
GAP = timedelta(minutes=30)
# Of the newest events, enough for more attempts than fit on a page.
MOST_EVENTS = 600
BEGINNINGS = (CHALLENGE, METADATA, REGISTRATION, REQUEST)
# Who was not let in. An expired token is none of it: it is refreshed, or refused where that is tried.
AT_THE_DOOR = (
    *("missing_token", "malformed_token", "unknown_token", "revoked_token", "foreign_token"),
    *("suspended_client", "suspended_person", "foreign_origin"),
)
# Each is found by an index of its own, however many calls and refreshes lie between them.
CONNECTING = [
    *(
        Q(kind=kind)
        for kind in (Event.Kind.METADATA, Event.Kind.REGISTRATION, Event.Kind.AUTHORIZATION, Event.Kind.SIGN_IN)
    ),
    Q(action="authorization_code", kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.MCP, reason__in=AT_THE_DOOR),
]


def recent(*, client_id: str = "", user_id: int | None = None) -> list[Attempt]:
    """The newest first: of everybody, or of a client or person, with what led to it from the same addresses."""
    attempts = assemble(events_of(client_id=client_id, user_id=user_id))
    if client_id:
        attempts = [attempt for attempt in attempts if attempt.client_id == client_id]
    if user_id is not None:
        attempts = [a for a in attempts if any(step.event.user_id == user_id for step in a.steps)]
    return each_knock_once(sorted(attempts, key=lambda attempt: attempt.last.event.pk, reverse=True))


def each_knock_once(attempts: Iterable[Attempt]) -> list[Attempt]:
    """`attempts`, the newest first, with those that only knocked told once for each program and address."""
    told: list[Attempt] = []
    knocks: dict[tuple[str, ...], Attempt] = {}
    for attempt in attempts:
        if attempt.only_knocked:
            first = knocks.setdefault((attempt.agent, *attempt.addresses), attempt)
            if first is not attempt:
                first.times += 1
                continue
        told.append(attempt)
    return told


def events_of(*, client_id: str = "", user_id: int | None = None) -> list[Event]:
    """Oldest first, each of them once."""
    whose = Q(client_id=client_id) if client_id else Q() if user_id is None else Q(user_id=user_id)
    newest = list(chain.from_iterable(_newest(Event.objects.filter(whose, which)) for which in CONNECTING))
    found = {event.pk: event for event in chain(newest, _first_calls(newest))}
    if client_id or user_id is not None:
        found |= {event.pk: event for event in _leading_to(found.values())}
    return [found[pk] for pk in sorted(found)]


def assemble(events: Iterable[Event]) -> list[Attempt]:
    """`events`, oldest first, as attempts."""
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
            # The person's own browser is elsewhere than the app's servers.
            attempt.steps += near.steps
            near.steps = []
        attempt.steps.append(Step(name, event))
        if event.client_id:
            by_client[event.client_id] = attempt
        by_address[event.address] = attempt
    # Whoever only signs in connects no app.
    return [attempt for attempt in attempts if attempt.steps and not _is_sign_in_alone(attempt)]


def _is_sign_in_alone(attempt: Attempt) -> bool:
    return all(step.name == SIGN_IN for step in attempt.steps)


def _is_their_sign_in(attempt: Attempt, event: Event) -> bool:
    return _is_sign_in_alone(attempt) and not _is_of_another(attempt, event)


def _is_of_another(attempt: Attempt, event: Event) -> bool:
    """Whether it is another person's: several may sit behind one address."""
    return event.user_id is not None and attempt.user_id not in (None, event.user_id)


def _continues(attempt: Attempt, event: Event, name: str) -> bool:
    """Whether `event` is the next step of `attempt`, rather than the first of another."""
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
    # Whoever asks a second time, or registers anew, has begun again.
    done = {step.name for step in attempt.steps}
    return not (name in BEGINNINGS and name != METADATA and (name in done or REQUEST in done))


def _newest(events: QuerySet[Event]) -> list[Event]:
    return list(events.order_by("-pk")[:MOST_EVENTS])


def _first_calls(events: Iterable[Event]) -> QuerySet[Event]:
    """The first call that followed each token in `events`: of those that went well, no more are looked at."""
    tokens = [event.pk for event in events if event.kind == Event.Kind.TOKEN and event.outcome == Event.Outcome.OK]
    after = Event.objects.filter(client_id=OuterRef("client_id"), pk__gt=OuterRef("pk"), kind=Event.Kind.MCP)
    firsts = Event.objects.filter(pk__in=tokens).values_list(Subquery(after.order_by("pk").values("pk")[:1]), flat=True)
    return Event.objects.filter(pk__in=[pk for pk in firsts if pk is not None])


def _leading_to(events: Collection[Event]) -> list[Event]:
    """What came before a person or client was known: registrations, and challenges, documents and sign-ins nearby."""
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
