"""The part of gunicorn's thread worker that sends what clients are slow to take.

A request is finished once its answer is sent: only then does the connection bring its next request, or is closed.
"""

from concurrent.futures import Future
from selectors import EVENT_WRITE
from typing import Any, NamedTuple

from gunicorn.workers.gthread import TConn, ThreadWorker

from config.server.client_socket import ClientSocket, Unsent


class Finished(NamedTuple):
    """A request whose answer is written, but not sent yet."""

    conn: TConn
    result: Future[Any]
    deadline: float


class SendingWorker(ThreadWorker):
    """All but `watch_later` runs in the worker's main thread.

    `sending` are the sockets with unsent octets; `finished` are those of them to which no thread writes any more, those
    that finished first at the front.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unsent = Unsent(self.cfg.threads, self.watch_later)
        self.sending: set[ClientSocket] = set()
        self.finished: dict[ClientSocket, Finished] = {}

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        if conn.sock in self.sending:
            self.finished[conn.sock] = Finished(conn, fs, conn.sock.deadline())
        elif getattr(conn.sock, "is_ended", False):
            self.nr_conns -= 1
            conn.close()
        else:
            super().finish_request(conn, fs)

    def watch_later(self, sock: ClientSocket) -> None:
        """Called in a thread, which defers finish_request after this."""
        self.method_queue.defer(self.watch, sock)

    def watch(self, sock: ClientSocket) -> None:
        self.poller.register(sock, EVENT_WRITE, self.on_writable)
        self.sending.add(sock)

    def on_writable(self, sock: ClientSocket) -> None:
        if sock not in self.sending or not sock.flush():
            return
        self.poller.unregister(sock)
        self.sending.remove(sock)
        if finished := self.finished.pop(sock, None):
            self.finish_request(finished.conn, finished.result)

    def end_slow(self, now: float) -> None:
        """End the connections that take nothing, and those that take too long for the rest of an answer."""
        for sock in [*self.sending]:
            finished = self.finished.get(sock)
            if sock.is_idle(now) or (finished and now >= finished.deadline):
                self.end_sending(sock)

    def end_sending(self, sock: ClientSocket) -> None:
        with self.unsent.lock:
            sock.end()
        self.on_writable(sock)
