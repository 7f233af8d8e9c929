"""Events of requests for the audit log."""

import json
import time
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.audit import events
from accounts.models import Event
from accounts.rate_limits import RateLimitExceeded
from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.errors import McpError

# Part of the digest, by which equal arguments are found: it must stay the same when the module moves.
SALT = "mcp_api.calls.audit"
# Characters of a call's arguments that are kept, as JSON, if the policy keeps them.
LONGEST_ARGUMENTS = 10_000


def record(call: Call, outcome: str, started: float, *, keep_arguments: bool = False, **fields: Any) -> None:
    """Write the event of a call. For the arguments see `fields_of`."""
    events.record(Event.Kind.MCP, **fields_of(call, outcome, started, keep_arguments=keep_arguments, **fields))


def record_refused(call: Call, error: McpError) -> None:
    """Write the event of a request that cannot become a call."""
    record(call, Event.Outcome.REFUSED, time.monotonic(), reason=error.reason, detail=error.detail)


def fields_of(
    call: Call, outcome: str, started: float, *, keep_arguments: bool = False, **fields: Any
) -> dict[str, Any]:
    """Return the columns of a call's event. `started` is time.monotonic() when the request came; `fields` are further
    columns.
    """
    if call.request.method == "tools/call":
        arguments = json.dumps(call.request.params.get("arguments") or {}, sort_keys=True)
        fields["arguments_digest"] = digest_of(arguments)
        fields["arguments"] = arguments[:LONGEST_ARGUMENTS] if keep_arguments else ""
    return {
        "outcome": outcome,
        "action": call.subject,
        "address": call.address,
        "duration_ms": int((time.monotonic() - started) * 1000),
        **fields_of_principal(call.principal),
        **fields,
    }


def digest_of(arguments: str) -> str:
    """Return a keyed digest: without the key, a reader of the audit log cannot guess short arguments by trying."""
    return salted_hmac(SALT, arguments, algorithm="sha256").hexdigest()[:32]


def record_refusal(
    request: HttpRequest, reason: str, detail: str, principal: Principal | None, *, action: str = ""
) -> None:
    """Write the event of a request that was refused before dispatch. `principal` is None if it is not known."""
    fields = {
        "reason": reason,
        "detail": detail,
        "action": action,
        **(fields_of_principal(principal) if principal else {}),
    }
    events.record(Event.Kind.MCP, outcome=Event.Outcome.REFUSED, request=request, **fields)


def record_too_many(request: HttpRequest, exceeded: RateLimitExceeded, principal: Principal | None) -> None:
    """Write the event of a request beyond a rate limit, at most one each minute, with the number of others."""
    fields = fields_of_principal(principal) if principal else {}
    detail = f"More than {exceeded.status.quota.rate}."
    events.record_some(
        Event.Kind.MCP, request, exceeded.status.quota.row, reason="too_many_calls", detail=detail, **fields
    )


def fields_of_principal(principal: Principal) -> dict[str, Any]:
    """Return the columns of an event that identify the principal."""
    return {
        "user": principal.user,
        "client": principal.client,
        "authorization_id": principal.authorization_id,
        "token_id": principal.token_id,
        "actors": principal.actors,
    }
