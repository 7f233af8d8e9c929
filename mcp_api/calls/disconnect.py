"""Detection of a client that has disconnected, as far as the application server shows it."""

import select
import socket
from contextlib import suppress

from django.http import HttpRequest

# Where config/asgi.py keeps the event that it sets once the client has gone.
DISCONNECTED = "oauth_mcp_server.disconnected"


def is_closed(request: HttpRequest) -> bool:
    """Whether whoever sent `request` has gone. Where that cannot be seen it is noticed once we write: no."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        gone = scope.get(DISCONNECTED)
        return gone is not None and gone.is_set()
    connection = request.META.get("gunicorn.socket")
    return isinstance(connection, socket.socket) and _has_ended(connection)


def _has_ended(connection: socket.socket) -> bool:
    """Whether the other side closed it. Nothing is read: it may have sent its next request already."""
    # What is encrypted cannot be peeked at.
    with suppress(ValueError, OSError):
        if not select.select([connection], [], [], 0)[0]:
            return False
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    return connection.fileno() == -1
