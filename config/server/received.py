"""Source of bytes for gunicorn's parser, from a request that has been received."""

import errno
import socket
from typing import Any

from gunicorn.http.errors import InvalidChunkSize
from gunicorn.http.unreader import SocketUnreader

# gunicorn's parser copies each piece once for every chunk in it.
PIECE = 8192


class IncompleteRequest(TimeoutError):
    """The client did not send the rest in time. gunicorn closes the connection without a traceback in its log."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The rest of the request did not arrive.")


class Received(SocketUnreader):
    """Reads what the worker has received, and what the socket has, without waiting."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.is_over = self.is_refused = False
        self._unread = memoryview(b"")

    def begin(self, octets: bytes, *, is_late: bool, is_refused: bool = False) -> None:
        """Provide the octets of a request; `is_refused` if it has too many chunks (config/http/bodies.py)."""
        self._unread = memoryview(self.take_buffered() + octets)
        self.is_over, self.is_refused = is_late, is_refused

    def take_buffered(self) -> bytes:
        """Return and remove unread octets, which belong to the next request once this one is complete."""
        unread, self._unread = self._unread, memoryview(b"")
        return super().take_buffered() + bytes(unread)

    def chunk(self, size_hint: int | None = None) -> Any:
        """Return the next piece. Raises IncompleteRequest where gunicorn's unreader would wait."""
        if self.is_refused:
            raise InvalidChunkSize(b"too many chunks")
        if self._unread:
            most = max(PIECE, size_hint or 0)
            piece, self._unread = bytes(self._unread[:most]), self._unread[most:]
            return piece
        if self.is_over:
            raise IncompleteRequest
        try:
            return self.sock.recv(max(self.mxchunk, min(size_hint or 0, self.max_body_chunk)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            raise IncompleteRequest from None
