"""Source of bytes for gunicorn's parser: a request that has arrived whole."""

import errno
import socket
from typing import Any

from gunicorn.http.errors import InvalidChunkSize
from gunicorn.http.unreader import SocketUnreader

# gunicorn's parser copies what it was given of a body for each chunk in it.
PIECE = 8192


class NothingComes(TimeoutError):
    """The client did not send the rest in time. gunicorn closes the connection, without a traceback in its log."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The rest of the request did not arrive.")


class Received(SocketUnreader):
    """Reads what the worker received, and of the socket what is there: a thread waits for no client."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.is_over = self.is_refused = False
        self._held = memoryview(b"")

    def begin(self, octets: bytes, *, is_late: bool, is_refused: bool = False) -> None:
        """`is_refused` is a body that has too many chunks (config/http/bodies.py)."""
        self._held = memoryview(self.take_buffered() + octets)
        self.is_over, self.is_refused = is_late, is_refused

    def take_buffered(self) -> bytes:
        """Take out what came and was not read: the next request's, once this one is answered."""
        held, self._held = self._held, memoryview(b"")
        return super().take_buffered() + bytes(held)

    def chunk(self, size_hint: int | None = None) -> Any:
        """Raises NothingComes where gunicorn's own would wait."""
        if self.is_refused:
            raise InvalidChunkSize(b"too many chunks")
        if self._held:
            most = max(PIECE, size_hint or 0)
            piece, self._held = bytes(self._held[:most]), self._held[most:]
            return piece
        if self.is_over:
            raise NothingComes
        try:
            return self.sock.recv(max(self.mxchunk, min(size_hint or 0, self.max_body_chunk)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            raise NothingComes from None
