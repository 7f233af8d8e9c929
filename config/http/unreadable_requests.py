"""Responses to requests whose body does not arrive or cannot be read, in the format of each endpoint."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from accounts.http.address import endpoint_of
from accounts.http.mount import path_info

LATE = "The request took too long to arrive. Send it again, without a pause."
MALFORMED = "The body of the request is malformed or ends too early."


class LateBody(Exception):
    """The body was incomplete at its deadline (config/http/deadlines.py)."""


def refusal(path: str, sentence: str) -> tuple[str, bytes]:
    """Return the Content-Type and the content of a refusal: JSON-RPC, OAuth (RFC 6749 section 5.2) or text."""
    if endpoint_of(path) is not None:
        return as_json({"jsonrpc": "2.0", "error": {"code": -32600, "message": sentence}})
    if path.startswith("/oauth/") and path.rstrip("/") != "/oauth/authorize":
        return as_json({"error": "invalid_request", "error_description": sentence})
    return "text/plain; charset=utf-8", f"{sentence}\n".encode()


def as_json(content: object) -> tuple[str, bytes]:
    return "application/json", json.dumps(content).encode()


async def refuse(scope: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Respond to a late request by ASGI, and let the server close the connection."""
    await respond(send, HTTPStatus.REQUEST_TIMEOUT, *refusal(path_info(scope), LATE))


async def respond(
    send: Callable[[dict[str, Any]], Awaitable[None]], status: HTTPStatus, content_type: str, content: bytes
) -> None:
    """Respond by ASGI to a request whose body was not received, and let the server close the connection."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
