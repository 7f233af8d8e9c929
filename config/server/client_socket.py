"""Sockets on which gunicorn's threads write responses without waiting for slow clients.

The octets that the kernel does not accept at once are kept in memory, and the worker's main thread sends them
(config/server/sending_worker.py). A thread waits only for room for the next piece of a long response. The number of
such threads and the duration are limited.
"""

import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from config.http.deadlines import body_deadline
from config.server.unsent import IDLE_SECONDS, MOST_UNSENT, ORDINARY, discard_on_close, kernel_octets

PIECE = 65_536
# A thread with more to send waits while more than this is unsent. Static files are smaller.
MOST_AHEAD = 1_000_000
# How long a thread waits for room. A slow client needs most of it, as the kernel reports room late.
WAIT_SECONDS = 60.0
# How long a client may take for a whole response, besides the time for its length (config/http/deadlines.py).
ANSWER_SECONDS = 30.0


class Unsent:
    """The unsent responses of one process. `watch` is called in a thread, for a socket that has some."""

    def __init__(self, threads: int, watch: Callable[["ClientSocket"], None]) -> None:
        self.lock = threading.Lock()
        self.watch = watch
        self.octets = 0
        self.sockets: set[ClientSocket] = set()
        # Sockets whose threads wait for room, the longest first. Half of the threads stay free.
        self.waiting: dict[ClientSocket, None] = {}
        self.most_waiting = max(1, threads // 2)

    def end_largest(self) -> None:
        """If unsent responses take too much memory, close the largest. To call with the lock held."""
        while self.octets > MOST_UNSENT:
            largest = max(self.sockets, key=lambda sock: len(sock.unsent))
            if len(largest.unsent) <= ORDINARY:
                return
            largest.end()

    def begin_waiting(self, sock: "ClientSocket") -> None:
        """Note that the thread of `sock` waits. To call with the lock held."""
        if len(self.waiting) >= self.most_waiting:
            next(iter(self.waiting)).end()
        self.waiting[sock] = None


class ClientSocket(socket.socket):
    """A client's connection. One thread at a time writes to it; the main thread sends the rest."""

    def __init__(self, accepted: socket.socket, shared: Unsent) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.shared = shared
        self.unsent = bytearray()
        self.is_watched = self.is_ended = False
        self.has_room = threading.Condition(shared.lock)
        self.last_progress = time.monotonic()
        # Octets that the kernel has accepted, and those that the client has acknowledged.
        self._sent = self._acknowledged = 0

    # --- Called by gunicorn in a thread -----------------------------------------------------------

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send `data`, or keep it for the main thread. Raises ConnectionResetError if the connection was closed."""
        octets = memoryview(data)
        if not self.unsent and not self.is_ended:
            # While nothing is kept, no other thread sends.
            octets = octets[self.send_now(octets) :]
        if octets or self.is_ended:
            self._keep(octets)

    def send(self, data: Any, flags: int = 0) -> int:
        self.sendall(data)
        return len(data)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send `file` in pieces: sendfile(2) would block the thread."""
        file.seek(offset)
        sent = 0
        while piece := file.read(PIECE if count is None else min(PIECE, count - sent)):
            self.sendall(piece)
            sent += len(piece)
        return sent

    def close(self) -> None:
        """Close the socket in the main thread. In others, which call this after an error, end the connection."""
        if threading.current_thread() is threading.main_thread():
            with self.shared.lock:
                self._forget()
            super().close()
        else:
            with self.shared.lock:
                self.end()

    def _keep(self, octets: memoryview) -> None:
        with self.shared.lock:
            self._wait_for_room()
            if self.is_ended:
                raise ConnectionResetError(errno.ECONNRESET, "The client was too slow to read the response.")
            if not self.unsent:
                self.last_progress = time.monotonic()
            self.unsent += octets
            self.shared.octets += len(octets)
            self.shared.sockets.add(self)
            self.shared.end_largest()
            must_watch, self.is_watched = not self.is_watched, True
        if must_watch:
            self.shared.watch(self)

    def _wait_for_room(self) -> None:
        if len(self.unsent) <= MOST_AHEAD or self.is_ended:
            return
        self.shared.begin_waiting(self)
        try:
            if not self.has_room.wait_for(lambda: self.is_ended or len(self.unsent) <= MOST_AHEAD, WAIT_SECONDS):
                self.end()
        finally:
            self.shared.waiting.pop(self, None)

    # --- Called by the worker in the main thread --------------------------------------------------

    def send_now(self, octets: Any) -> int:
        """Return how many octets the kernel has accepted: 0 if it has no room."""
        try:
            sent = super().send(octets, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return 0
        self._sent += sent
        return sent

    def flush(self) -> bool:
        """Send some of the kept octets. Return True once none are left, and the main thread need not watch any more."""
        with self.shared.lock:
            try:
                sent = self.send_now(bytes(self.unsent[:PIECE]))
            except OSError:
                self.end()
                sent = 0
            del self.unsent[:sent]
            self.shared.octets -= sent
            if len(self.unsent) <= MOST_AHEAD:
                self.has_room.notify_all()
            if not self.unsent:
                self._forget()
                self.is_watched = False
            return not self.unsent

    def deadline(self) -> float:
        """Return until when the client may take to read the rest, by time.monotonic()."""
        return body_deadline(time.monotonic(), len(self.unsent) + kernel_octets(self), ANSWER_SECONDS)

    def is_idle(self, now: float) -> bool:
        """Return whether the client has acknowledged nothing for IDLE_SECONDS."""
        acknowledged = self._sent - kernel_octets(self)
        if acknowledged > self._acknowledged:
            self._acknowledged, self.last_progress = acknowledged, now
        return now >= self.last_progress + IDLE_SECONDS

    def end(self) -> None:
        """End the connection: nothing more is sent, and writing raises an error. To call with the lock held."""
        self.is_ended = True
        self.shared.waiting.pop(self, None)
        self._forget()
        discard_on_close(self)
        # The main thread, which may watch the socket, closes it. Until then no other connection has its file number.
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        self.has_room.notify_all()

    def _forget(self) -> None:
        self.shared.sockets.discard(self)
        self.shared.octets -= len(self.unsent)
        self.unsent.clear()
