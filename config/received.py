"""What came of a request, as gunicorn's parser reads it in a thread."""

import errno
import socket
from typing import Any

from gunicorn.http.unreader import SocketUnreader


class NothingComes(TimeoutError):
    """The client did not send the rest in time. gunicorn closes the connection, without a traceback in its log."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The rest of the request did not arrive.")


class Received(SocketUnreader):
    """Reads what the worker received, and of the socket what is there: a thread waits for no client."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.is_over = False

    def begin(self, octets: bytes, *, is_late: bool) -> None:
        self.unread(octets)
        self.is_over = is_late

    def chunk(self, size_hint: int | None = None) -> Any:
        """Raises NothingComes where gunicorn's own would wait."""
        if self.is_over:
            raise NothingComes
        try:
            return self.sock.recv(max(self.mxchunk, min(size_hint or 0, self.max_body_chunk)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            raise NothingComes from None
