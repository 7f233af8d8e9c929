"""How a JSON-RPC answer leaves: one JSON object, with the HTTP status that its era gives it."""

from typing import Any

from django.http import HttpResponse
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from pydantic_core import to_json

from mcp_api.envelope import Rejection, Request
from mcp_api.errors import McpError

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


def result_reply(request: Request, result: dict[str, Any]) -> HttpResponse:
    return _json({"jsonrpc": "2.0", "id": request.id, "result": result}, 200)


def error_reply(request: Request, error: McpError) -> HttpResponse:
    status = MODERN_STATUS.get(error.code, 200) if request.is_modern else 200
    return _json(_error(request.id, error.code, error.message, error.data), status)


def rejection_reply(rejection: Rejection) -> HttpResponse:
    """For a message that was refused before anything was done: 400 in both eras."""
    return _json(_error(rejection.id, rejection.code, rejection.message, rejection.data), 400)


def refused_reply(code: int, message: str, status: int) -> HttpResponse:
    """For a request whose message was not even read."""
    return _json(_error(None, code, message, None), status)


def _error(message_id: str | int | None, code: int, message: str, data: Any) -> dict[str, Any]:
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    # MCP's schema has no null id: where none is known, there is none.
    return {"jsonrpc": "2.0", **({} if message_id is None else {"id": message_id}), "error": error}


def _json(message: dict[str, Any], status: int) -> HttpResponse:
    # Whatever a tool or a schema holds, the answer is JSON, which knows neither NaN nor Infinity.
    return HttpResponse(to_json(message, inf_nan_mode="null"), status=status, content_type="application/json")
