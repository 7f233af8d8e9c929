"""ASGI scopes other than HTTP: WebSockets are refused, and the server's start and stop acknowledged."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def handle(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Handle a `scope` that is not HTTP. Any client can request a WebSocket, so that it is not an error."""
    if scope["type"] == "websocket":
        await refuse_websocket(receive, send)
    elif scope["type"] == "lifespan":
        await acknowledge(receive, send)


async def refuse_websocket(receive: Receive, send: Send) -> None:
    """Close before the handshake is accepted: the server responds with 403 (ASGI, WebSocket Close)."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": 1008})


async def acknowledge(receive: Receive, send: Send) -> None:
    """Report start and stop as complete (ASGI, Lifespan Protocol): workers need neither."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
