"""The part of gunicorn's thread worker that sends responses to slow clients.

A request is finished once its response is sent: only then does the connection receive its next request, or is closed.
"""

from concurrent.futures import Future
from selectors import EVENT_WRITE
from typing import Any, NamedTuple

from gunicorn.workers.gthread import TConn, ThreadWorker

from config.server.client_socket import ClientSocket, Unsent


class Finished(NamedTuple):
    """A request whose response is complete, but not sent yet."""

    conn: TConn
    result: Future[Any]
    deadline: float


class SendingWorker(ThreadWorker):
    """Sends from the main thread, in which all methods run but `schedule_watch`.

    `sending` are the sockets with unsent octets; `finished` are those of them with a complete response, the earliest
    first.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unsent = Unsent(self.cfg.threads, self.schedule_watch)
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

    def schedule_watch(self, sock: ClientSocket) -> None:
        """Call `watch` in the main thread. A thread calls this, and defers finish_request after it."""
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

    def close_slow(self, now: float) -> None:
        """Close connections without progress, and those that take too long for the rest of a response."""
        for sock in [*self.sending]:
            finished = self.finished.get(sock)
            if sock.is_idle(now) or (finished and now >= finished.deadline):
                self.close_sending(sock)

    def close_sending(self, sock: ClientSocket) -> None:
        with self.unsent.lock:
            sock.end()
        self.on_writable(sock)
