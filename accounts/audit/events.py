"""Audit events: each is a row for the operator and a line in the log.

Ids and outcomes, never a value: no token, code, secret, state, argument or password gets here.
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
from accounts.http.address import client_address, client_network
from accounts.models import Client, Event, User

logger = logging.getLogger(__name__)

UNAVAILABLE = (OperationalError, InterfaceError)

# Told of each event that was written; whoever counts or traces adds itself.
observers: list[Callable[[Event], None]] = []


def record(kind: str, **what: Any) -> None:
    """Write one event, in the caller's transaction if there is one, and log it. For the arguments see `describe`.

    Of a flood of refusals of nobody who is known, only some are written (accounts/audit/sampling.py); all are counted.
    """
    record_event(describe(kind, **what))


def record_event(event: Event) -> None:
    """Write and log an event that was described before. See `record`."""
    if sampling.leaves_out(event):
        _observe(event)
        return
    writer.write(event)
    tell(event)


def record_once(kind: str, request: HttpRequest, **what: Any) -> None:
    """One event a minute for each address, however often it comes: for what anybody may ask for, without end.

    Not recorded at all where the database cannot be reached: whoever asks is answered all the same.
    """
    with suppress(*UNAVAILABLE, rate_limits.RateLimitExceeded):
        rate_limits.hit(*rate_limits.quotas(seen=f"{kind} {what.get('action')} {client_network(request)}"))
        record(kind, request=request, **what)


def record_some(kind: str, request: HttpRequest, again: str, **what: Any) -> None:
    """A refusal, one event a minute for the same `again`; the others are counted."""
    try:
        rate_limits.hit(*rate_limits.quotas(seen=f"{kind} {again}"))
    except rate_limits.RateLimitExceeded:
        _observe(describe(kind, outcome=Event.Outcome.REFUSED, request=request, **what))
    else:
        record(kind, outcome=Event.Outcome.REFUSED, request=request, **what)


def record_all(described: Iterable[Event]) -> None:
    """Write many events in one statement, and log each."""
    for event in Event.objects.bulk_create(described):
        tell(event)


def describe(
    kind: str,
    *,
    outcome: str = Event.Outcome.OK,
    request: HttpRequest | None = None,
    user: User | AnonymousUser | None = None,
    client: Client | None = None,
    **fields: Any,
) -> Event:
    """An event of `kind` (Event.Kind), not written yet.

    `fields` are further columns of Event; texts that are too long are cut. A client that is
    not known is named by passing `client_id`.
    """
    if isinstance(user, User):
        fields.update(user_id=user.pk, username=user.get_username())
    if client is not None:
        fields.update(client_id=client.client_id, client_name=client.name)
    if request is not None:
        fields["address"] = client_address(request)
        fields.setdefault("agent", request.META.get("HTTP_USER_AGENT", ""))
    return Event(kind=kind, outcome=outcome, request_id=request_ids.current.get(), **_fitting(fields))


def _fitting(fields: dict[str, Any]) -> dict[str, Any]:
    """`fields` cut to their columns; NUL, which Postgres cannot store, becomes visible."""
    for name, value in fields.items():
        if isinstance(value, str):
            column = cast("Field[Any, Any]", Event._meta.get_field(name))
            fields[name] = value.replace("\x00", "\N{SYMBOL FOR NULL}")[: column.max_length]
    return fields


def tell(event: Event) -> None:
    """Log and count an event that was written."""
    _log(event)
    _observe(event)


def _observe(event: Event) -> None:
    for observe in observers:
        try:
            observe(event)
        except Exception as error:
            # What happened did happen, even where it cannot be counted.
            logger.warning("An event could not be observed: %r", error)


def _log(event: Event) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    shown = {
        "action": event.action,
        "reason": event.reason,
        "user": event.user_id,
        "client": event.client_id,
        "authorization": event.authorization_id,
        "token": event.token_id,
        "address": event.address,
        "ms": event.duration_ms,
    }
    shown = {name: value for name, value in shown.items() if value not in ("", None)}
    # Said in words, and as fields for a log of JSON (config/observability/logs.py).
    extra = {
        "summary": f"{event.kind} {event.outcome}",
        "fields": {"event": event.kind, "outcome": event.outcome, **shown},
    }
    arguments = (event.kind, event.outcome, _Words(shown))
    # As logger.info() would, but for walking up the stack to find out who said it, which no line tells.
    logger.handle(logger.makeRecord(logger.name, logging.INFO, "", 0, "%s %s %s", arguments, None, extra=extra))


class _Words(dict[str, Any]):
    """Written out only where somebody reads it. repr keeps a hostile client_id on its one line."""

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in self.items())
