"""Connections, failures and attempts to connect of a person or an app, for the page *Support*."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.admin.clients.usage import count_of
from accounts.admin_base.states import LIVE, SUSPENDED, name_of
from accounts.clients.identity.apps import App, identify_all
from accounts.diagnosis.attempt import Attempt
from accounts.diagnosis.explanation import Explanation
from accounts.diagnosis.stops import explain_event, explain_stopped, stops_of
from accounts.diagnosis.timeline import recent
from accounts.models import ALLOWED, AccessToken, Authorization, Client, Consent, Event
from accounts.user_model import User

MOST_CONNECTIONS = 20
MOST_ATTEMPTS = 5
MOST_FAILURES = 5
# Failures are looked for among as many of the newest events, however long the audit log is.
MOST_READ = 2000
ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Connection:
    """A person's consent to an app. `tokens` counts access tokens that have not expired."""

    consent: Consent
    app: App
    state: str
    tokens: int
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure. For an attempt to connect that stopped, `event` is its last one, and `name` says where."""

    event: Event
    explanation: Explanation | None
    state: str
    # The state in the language of the reader.
    name: str


def connections_of(row: User | Client) -> tuple[list[Connection], bool]:
    """Return the newest connections of a person or an app, and whether there are more."""
    owned = Q(client=row) if isinstance(row, Client) else Q(user=row)
    # By primary key first, so that only those that are shown are counted.
    pks = list(Consent.objects.filter(owned).order_by("-pk").values_list("pk", flat=True)[: MOST_CONNECTIONS + 1])
    authorizations = Authorization.objects.filter(consent=OuterRef("pk"))
    tokens = AccessToken.objects.filter(
        authorization__consent=OuterRef("pk"), authorization__revoked_at=None, expires__gt=timezone.now()
    )
    calls = Event.objects.filter(ALLOWED, user_id=OuterRef("user_id"), client_id=OuterRef("client__client_id"))
    found: Any = (
        Consent.objects.filter(pk__in=pks[:MOST_CONNECTIONS])
        .select_related("client", "user")
        .annotate(
            is_live=Exists(authorizations.live()),
            is_usable=Exists(authorizations.usable()),
            token_count=count_of(tokens),
            last_used_at=Subquery(calls.order_by("-pk").values("at")[:1]),
        )
        .order_by("-is_live", "-pk")
    )
    apps = identify_all([consent.client for consent in found])
    connections = [
        Connection(
            consent,
            apps[consent.client.client_id],
            LIVE if consent.is_usable else SUSPENDED if consent.is_live else ENDED,
            consent.token_count if consent.is_usable else 0,
            consent.last_used_at,
        )
        for consent in found
    ]
    return connections, len(pks) > MOST_CONNECTIONS


def failures_of(row: User | Client, attempts: Iterable[Attempt]) -> list[Failure]:
    """Return the newest failures of a person or an app, those of their `attempts` included.

    What a person cancelled is none.
    """
    failures = {failure.event.pk: failure for failure in _failed_attempts(attempts)}
    events = _failed_events(row)
    stops = stops_of(event.client_id for event in events)
    failures |= {
        event.pk: Failure(event, explain_event(event, stops), event.outcome, name_of(event.outcome)) for event in events
    }
    return [failures[pk] for pk in sorted(failures, reverse=True)[:MOST_FAILURES]]


def _failed_events(row: User | Client) -> list[Event]:
    owned = Q(client_id=row.client_id) if isinstance(row, Client) else Q(user_id=row.pk)
    newest = Event.objects.filter(owned).order_by("-pk").values("pk")[:MOST_READ]
    failed = Event.objects.filter(pk__in=newest).exclude(outcome=Event.Outcome.OK)
    unwanted = Q(kind=Event.Kind.AUTHORIZATION, reason="access_denied") | Q(reason="missing_token")
    return list(failed.exclude(unwanted).order_by("-pk")[:MOST_FAILURES])


def _failed_attempts(attempts: Iterable[Attempt]) -> Iterator[Failure]:
    for attempt in attempts:
        if attempt.is_failed:
            yield Failure(attempt.last.event, attempt.explanation, attempt.state, attempt.state_label)


def attempts_of(row: User | Client) -> Sequence[Attempt]:
    found = recent(client_id=row.client_id) if isinstance(row, Client) else recent(user_id=row.pk)
    shown = found[:MOST_ATTEMPTS]
    explain_stopped(shown)
    return shown
