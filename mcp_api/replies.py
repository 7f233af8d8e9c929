"""How a JSON-RPC answer leaves: one JSON object, with the HTTP status that its era gives it."""

import logging
import secrets
from typing import Any

from django.http import HttpResponse
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from pydantic_core import to_json

from accounts.bearer import InvalidToken
from accounts.endpoints import UNAVAILABLE
from mcp_api.envelope import Rejection, Request
from mcp_api.errors import Busy, InsufficientScope, McpError, TooMany

logger = logging.getLogger(__name__)

# The modern era maps codes to statuses. The legacy era answers 200 to whatever was dispatched:
# its clients take a 404 for "the session is gone".
MODERN_STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_REQUIRED_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}

Message = dict[str, Any]


# --- Messages ----------------------------------------------------------------------------------


def result_message(request: Request, result: dict[str, Any]) -> Message:
    return {"jsonrpc": "2.0", "id": request.id, "result": result}


def failure_message(request: Request, error: BaseException | None) -> Message:
    """For whatever ended a request where the HTTP status can tell nothing any more: in a stream, or in a batch."""
    match error:
        case McpError():
            told = error
        case Busy():
            told = McpError(INTERNAL_ERROR, str(error))
        case InsufficientScope():
            told = McpError(INVALID_REQUEST, str(error))
        case InvalidToken():
            told = McpError(INVALID_REQUEST, str(error.detail))
        case _ if isinstance(error, UNAVAILABLE):
            told = McpError(INTERNAL_ERROR, "The server cannot reach its database just now. Try again.")
        case _:
            told = defect(request, error)
    return _error(request.id, told.code, told.message, told.data)


def rejection_message(rejection: Rejection) -> Message:
    return _error(rejection.id, rejection.code, rejection.message, rejection.data)


def defect(request: Request, error: BaseException | None) -> McpError:
    """What is told of an unexpected exception: an id, by which the operator finds it in the log."""
    reference = secrets.token_hex(4)
    logger.error("%s failed, reference %s", request.method, reference, exc_info=error)
    return McpError(INTERNAL_ERROR, f"Internal error, reference {reference}")


def _error(message_id: str | int | None, code: int, message: str, data: Any) -> Message:
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    # MCP's schema has no null id: where none is known, there is none.
    return {"jsonrpc": "2.0", **({} if message_id is None else {"id": message_id}), "error": error}


# --- Replies -----------------------------------------------------------------------------------


def result_reply(request: Request, result: dict[str, Any]) -> HttpResponse:
    return json_reply(result_message(request, result), 200)


def error_reply(request: Request, error: McpError) -> HttpResponse:
    if isinstance(error, TooMany):
        return too_many_reply(error, request)
    status = MODERN_STATUS.get(error.code, 200) if request.is_modern else 200
    return json_reply(_error(request.id, error.code, error.message, error.data), status)


def too_many_reply(error: TooMany, request: Request | None) -> HttpResponse:
    """In both eras: nothing was dispatched. `request` where it was read."""
    message = _error(request.id if request else None, error.code, error.message, error.data)
    return json_reply(message, 429, error.headers)


def rejection_reply(rejection: Rejection) -> HttpResponse:
    """For a message that was refused before anything was done: the same in both eras."""
    return json_reply(rejection_message(rejection), rejection.status)


def refused_reply(
    code: int, message: str, status: int, *, request: Request | None = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    """For a request that is refused whatever it says; `request` where it was read."""
    return json_reply(_error(request.id if request else None, code, message, None), status, headers)


def json_reply(message: Any, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    # Whatever a tool or a schema holds, the answer is JSON, which knows neither NaN nor Infinity.
    body = to_json(message, inf_nan_mode="null")
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)
