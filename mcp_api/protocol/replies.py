"""JSON-RPC replies: one JSON object, with the HTTP status of its era."""

from typing import Any

from django.http import HttpResponse

from accounts.db.text import without_surrogates
from mcp_api.protocol.encoding import encode
from mcp_api.protocol.error_replies import reply_for
from mcp_api.protocol.messages import Rejection, Request

Message = dict[str, Any]


# --- Messages ----------------------------------------------------------------------------------


def result_message(request: Request, result: dict[str, Any]) -> Message:
    return {"jsonrpc": "2.0", "id": request.id, "result": result}


def failure_message(request: Request, error: BaseException | None) -> Message:
    """Return the error response of one request in a stream or a batch, which has no HTTP status of its own."""
    reply = reply_for(error, request)
    return error_message(request.id, reply.code, reply.message, reply.data)


def rejection_message(rejection: Rejection) -> Message:
    return error_message(rejection.id, rejection.code, rejection.message, rejection.data)


def error_message(message_id: str | int | None, code: int, message: str, data: Any) -> Message:
    error = {"code": code, "message": without_surrogates(message)} | ({} if data is None else {"data": data})
    # MCP's schema has no null id. If it is not known, the member is left out.
    return {"jsonrpc": "2.0", **({} if message_id is None else {"id": message_id}), "error": error}


# --- Replies -----------------------------------------------------------------------------------


def result_reply(request: Request, result: dict[str, Any]) -> HttpResponse:
    return json_reply(result_message(request, result), 200)


def rejection_reply(rejection: Rejection) -> HttpResponse:
    """Return the reply to an invalid message, which is the same in both eras."""
    return json_reply(rejection_message(rejection), rejection.status)


def json_reply(message: Any, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(encode(message), status=status, content_type="application/json", headers=headers)


def empty_reply(status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return a reply without content, and so without a Content-Type."""
    response = HttpResponse(status=status, headers=headers)
    del response["Content-Type"]
    return response
