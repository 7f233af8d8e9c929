"""Detection of a client that has disconnected, as far as the application server shows it."""

import select
import socket
from contextlib import suppress

from django.http import HttpRequest

# The key in an ASGI scope of the event that config/asgi.py sets once the client has disconnected.
DISCONNECTED = "oauth_mcp_server.disconnected"


def is_closed(request: HttpRequest) -> bool:
    """Return whether the client of `request` has disconnected; False if the application server does not show it."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        gone = scope.get(DISCONNECTED)
        return gone is not None and gone.is_set()
    connection = request.META.get("gunicorn.socket")
    return isinstance(connection, socket.socket) and _has_ended(connection)


def _has_ended(connection: socket.socket) -> bool:
    """Return whether the client closed it. Nothing is consumed: it may have sent its next request already."""
    # An encrypted connection cannot be peeked at.
    with suppress(ValueError, OSError):
        if not select.select([connection], [], [], 0)[0]:
            return False
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    return connection.fileno() == -1
