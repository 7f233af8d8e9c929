"""Answers to ASGI scopes that are not HTTP: a WebSocket is refused, the server's start and stop are acknowledged."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer a `scope` that is not HTTP. Anybody can ask for a WebSocket, so that it is no error of the server."""
    if scope["type"] == "websocket":
        await refuse_websocket(receive, send)
    elif scope["type"] == "lifespan":
        await acknowledge(receive, send)


async def refuse_websocket(receive: Receive, send: Send) -> None:
    """Close before the handshake is accepted: the server answers 403 (ASGI, WebSocket Close)."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": 1008})


async def acknowledge(receive: Receive, send: Send) -> None:
    """Say that start and stop are complete (ASGI, Lifespan Protocol): each worker begins on its own."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
