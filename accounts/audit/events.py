"""Audit events: each is a row of the audit log and a line in the server's log.

Events hold ids and outcomes, never a token, code, secret, state, argument or password.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.db.models import Field
from django.http import HttpRequest

from accounts import rate_limits
from accounts.audit import request_ids, sampling, writer
from accounts.db.text import storable
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.http.address import client_address, client_network
from accounts.models import Client, Event
from accounts.user_model import User
from accounts.user_model.fields import as_json

logger = logging.getLogger(__name__)

UNAVAILABLE = (OperationalError, InterfaceError)

# Called with each event after it is written, or left out by sampling. Metrics and traces add theirs.
observers: list[Callable[[Event], None]] = []


def record(kind: str, **what: Any) -> None:
    """Write and log one event, in the caller's transaction if there is one. For the arguments see `describe`.

    Repeated refusals are sampled (accounts/audit/sampling.py): only some are written, all are counted.
    """
    record_event(describe(kind, **what))


def record_event(event: Event) -> None:
    """Write and log `event`, as `record` does."""
    if sampling.should_drop(event):
        _observe(event)
        return
    writer.write(event)
    publish(event)


def record_once(kind: str, request: HttpRequest, **what: Any) -> None:
    """Record at most one event per minute and address, for requests that anyone may send in any number.

    Nothing is recorded while the database is unreachable, or SQLite's writer busy: the request is answered at once.
    """
    with suppress(*UNAVAILABLE, WriterBusy, rate_limits.RateLimitExceeded), brief_wait():
        rate_limits.hit(*rate_limits.quotas(seen=f"{kind} {what.get('action')} {client_network(request)}"))
        record(kind, request=request, **what)


def record_some(kind: str, request: HttpRequest, key: str, **what: Any) -> None:
    """Record at most one refusal per minute for the same `key`; the others are only counted."""
    try:
        rate_limits.hit(*rate_limits.quotas(seen=f"{kind} {key}"))
    except rate_limits.RateLimitExceeded:
        _observe(describe(kind, outcome=Event.Outcome.REFUSED, request=request, **what))
    else:
        record(kind, outcome=Event.Outcome.REFUSED, request=request, **what)


def record_all(described: Iterable[Event]) -> None:
    """Write many events in one statement and log each."""
    for event in Event.objects.bulk_create(described):
        publish(event)


def describe(
    kind: str,
    *,
    outcome: str = Event.Outcome.OK,
    request: HttpRequest | None = None,
    user: User | AnonymousUser | None = None,
    client: Client | None = None,
    **fields: Any,
) -> Event:
    """Return an unsaved event of `kind` (Event.Kind).

    `fields` are further columns of Event; texts that are too long are cut. For an unknown client, pass `client_id`.
    """
    if isinstance(user, User):
        fields.update(user_id=user.pk, username=str(user.get_username()))
    if client is not None:
        fields.update(client_id=client.client_id, client_name=client.name)
    if request is not None:
        fields["address"] = client_address(request)
        fields.setdefault("agent", request.META.get("HTTP_USER_AGENT", ""))
    return Event(kind=kind, outcome=outcome, request_id=request_ids.current.get(), **_fitting(fields))


def _fitting(fields: dict[str, Any]) -> dict[str, Any]:
    """Return `fields` as they can be stored, cut to their columns."""
    for name, value in fields.items():
        if isinstance(value, str):
            column = cast("Field[Any, Any]", Event._meta.get_field(name))
            fields[name] = storable(value)[: column.max_length]
    return fields


def publish(event: Event) -> None:
    """Log an event that was written, and notify the observers."""
    _log(event)
    _observe(event)


def _observe(event: Event) -> None:
    for observe in observers:
        try:
            observe(event)
        except Exception as error:
            # A failing observer must not fail the request.
            logger.warning("An event could not be observed: %r", error)


def _log(event: Event) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    shown = {
        "action": event.action,
        "reason": event.reason,
        "user": as_json(event.user_id),
        "client": event.client_id,
        "actors": event.actors,
        "authorization": event.authorization_id,
        "token": event.token_id,
        "endpoint": event.endpoint,
        "address": event.address,
        "ms": event.duration_ms,
    }
    shown = {name: value for name, value in shown.items() if value not in ("", None)}
    # As text, and as fields for the JSON log (config/observability/logs.py).
    extra = {
        "summary": f"{event.kind} {event.outcome}",
        "fields": {"event": event.kind, "outcome": event.outcome, **shown},
    }
    arguments = (event.kind, event.outcome, _KeyValues(shown))
    # Like logger.info(), without the search of the stack for a caller that no log line shows.
    logger.handle(logger.makeRecord(logger.name, logging.INFO, "", 0, "%s %s %s", arguments, None, extra=extra))


class _KeyValues(dict[str, Any]):
    """Fields that are formatted only when a handler writes them. repr() keeps a hostile client_id on one line."""

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in self.items())
