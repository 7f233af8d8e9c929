"""One event for each request: with the writes of a successful one, alone otherwise."""

import time
from typing import Any

from django.http import HttpRequest

from accounts import events
from accounts.bearer import Principal
from accounts.models import Event
from mcp_api.calls.call import Call


def record(call: Call, outcome: str, started: float, **fields: Any) -> None:
    """`started` is time.monotonic() when the request came; `fields` are columns of Event."""
    events.record(
        Event.Kind.MCP,
        outcome=outcome,
        action=call.subject,
        address=call.address,
        duration_ms=int((time.monotonic() - started) * 1000),
        **who(call.principal),
        **fields,
    )


def record_refusal(request: HttpRequest, reason: str, detail: str, principal: Principal | None) -> None:
    """A request that was not even dispatched; `principal` is whose token it carried, as far as is known."""
    whose = who(principal) if principal else {}
    events.record(Event.Kind.MCP, outcome=Event.Outcome.REFUSED, request=request, reason=reason, detail=detail, **whose)


def who(principal: Principal) -> dict[str, Any]:
    return {
        "user": principal.user,
        "client": principal.client,
        "authorization_id": principal.authorization_id,
        "token_id": principal.token_id,
    }
