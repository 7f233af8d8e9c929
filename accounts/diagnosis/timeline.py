"""Attempts to connect from the audit log: all recent ones, or those of one client or person, or of a search."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from django.db.models import Q, QuerySet

from accounts.clients.metadata.grant_types import AUTHORIZATION_CODE, DEVICE_CODE
from accounts.diagnosis.assembly import GAP, assemble
from accounts.diagnosis.attempt import REFUSED, Attempt
from accounts.diagnosis.returns import complete, first_calls
from accounts.models import Event

# The newest events of each kind that are read: enough for more attempts than fit on a page.
MOST_EVENTS = 600
# Reasons of refusals of a connection. Without expired_token: the client refreshes it, or its refresh is refused.
TOKEN_REFUSALS = (
    *("missing_token", "malformed_token", "unknown_token", "revoked_token", "foreign_token"),
    *("suspended_client", "suspended_person", "foreign_origin"),
    *("bound_token", "unbound_token", "foreign_key", "invalid_dpop_proof", "use_dpop_nonce"),
)
# Successful acts on clients that are no step of a connection: those of the operator, and changes after registration.
MANAGEMENT = ("by_hand", "by_command", "changed", "keys", "GET", "PUT", "DELETE")
# Each condition has an index, so calls and refreshes in between cost nothing.
CONNECTING = [
    *(Q(kind=kind) for kind in (Event.Kind.METADATA, Event.Kind.AUTHORIZATION, Event.Kind.SIGN_IN)),
    Q(kind=Event.Kind.REGISTRATION) & ~Q(outcome=Event.Outcome.OK, action__in=MANAGEMENT),
    Q(action__in=(AUTHORIZATION_CODE, DEVICE_CODE), kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.TOKEN),
    ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.MCP, reason__in=TOKEN_REFUSALS),
]


def recent(*, client_id: str = "", user_id: int | None = None, before: int | None = None) -> list[Attempt]:
    """Return attempts, the newest first: all, or those of one client or person. See `find`."""
    if client_id:
        return find([Q(client_id=client_id)], before=before)
    return find([Q() if user_id is None else Q(user_id=user_id)], before=before)


def find(conditions: Sequence[Q], *, before: int | None = None) -> list[Attempt]:
    """Return attempts with an event that meets one of `conditions`, the newest first. An empty condition means all.

    Each condition should have an index. Events from the primary key `before` on are left out.
    """
    events = Event.objects.all() if before is None else Event.objects.filter(pk__lt=before)
    matching = {
        event.pk: event
        for condition in conditions
        for kind in CONNECTING
        for event in _newest(events, condition & kind)
    }
    found = dict(matching)
    if all(conditions):
        found |= {event.pk: event for event in _around(events, matching.values())}
    found |= {event.pk: event for event in first_calls(found.values())}
    attempts = [
        attempt
        for attempt in assemble(found[pk] for pk in sorted(found))
        if any(step.event.pk in matching for step in attempt.steps)
    ]
    attempts.sort(key=lambda attempt: attempt.last.event.pk, reverse=True)
    complete(attempts)
    return fold(attempts)


def fold(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return `attempts`, newest first, with one for all that are alike.

    Alike are challenges alone from one program, and refusals of one client, person and address for one reason, or of
    the sign-in of one person from one address.
    """
    folded: list[Attempt] = []
    first_of: dict[tuple[object, ...], Attempt] = {}
    for attempt in attempts:
        likeness = _likeness(attempt)
        if likeness is not None:
            first = first_of.setdefault(likeness, attempt)
            if first is not attempt:
                first.times += 1
                continue
        folded.append(attempt)
    return folded


def _likeness(attempt: Attempt) -> tuple[object, ...] | None:
    if attempt.is_challenge_only:
        return (attempt.agent, *attempt.addresses)
    if attempt.state == REFUSED and (attempt.client_id or attempt.is_sign_in_alone):
        last = attempt.last
        return (attempt.client_id, attempt.user_id, last.name, last.event.reason, last.event.detail, last.event.address)
    return None


def _newest(events: QuerySet[Event], condition: Q) -> list[Event]:
    return list(events.filter(condition).order_by("-pk")[:MOST_EVENTS])


def _around(events: QuerySet[Event], matching: Collection[Event]) -> list[Event]:
    """Return what may be of the same attempts as `matching`.

    Those are the events of their clients, the sign-ins of their people, and requests of unknown programs from their
    addresses.
    """
    earliest = min((event.at for event in matching), default=None)
    if earliest is None:
        return []
    since = events.filter(at__gt=earliest - GAP)
    clients = {event.client_id for event in matching if event.client_id}
    people = {event.user_id for event in matching if event.user_id is not None}
    addresses = {event.address for event in matching if event.address}
    nameless = Q(kind=Event.Kind.METADATA) | Q(kind=Event.Kind.MCP, reason="missing_token")
    nearby = ~Q(kind=Event.Kind.MCP, outcome=Event.Outcome.OK) & Q(address__in=addresses, client_id="") & nameless
    signing_in = Q(user_id__in=people, kind=Event.Kind.SIGN_IN)
    of_clients = (Q(client_id__in=clients) & kind for kind in CONNECTING)
    return list(chain.from_iterable(_newest(since, condition) for condition in (nearby, signing_in, *of_clients)))
