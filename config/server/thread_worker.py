"""gunicorn's thread worker, whose threads receive only complete requests.

gunicorn's own threads wait for the rest of headers and bodies: as many clients as there are threads, each with half a
request, would stop the server. Here the worker's main thread reads from all sockets. A thread then parses the request
with gunicorn's parser, which fails where it would wait for more.
"""

import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http2 import negotiation
from gunicorn.workers.gthread import TConn

from config.server.arrivals import LATE_RESPONSE, Arrival
from config.server.client_socket import ClientSocket
from config.server.connections import most_connections
from config.server.received import Received
from config.server.sending_worker import SendingWorker

PIECE = 65_536
# Of requests in one process that are incomplete or wait for a thread.
MOST_OCTETS = 128_000_000
# Time for the client to close its side after the last response (RFC 9112 section 9.6).
LINGER_SECONDS = 2.0
# Between two checks of all deadlines.
CHECK_SECONDS = 0.5
# Time that a worker which stops gives a new connection to begin its request.
FIRST_OCTET_SECONDS = 2


class Connection(TConn):
    """A client's connection, whose end the worker's main thread awaits: gunicorn would block a thread."""

    def __init__(self, worker: "Worker", client_socket: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, client_socket, client, server)
        self.worker = worker
        # Of its current request, until the response is complete.
        self.octets = 0

    def close(self, graceful: bool = False) -> None:
        self.release()
        if graceful:
            self.worker.linger(self)
        else:
            super().close()

    def release(self) -> None:
        """Release the unread bytes: the connection and its parser remain until the garbage collector runs."""
        unreader = self.parser.unreader if self.parser else None
        if isinstance(unreader, Received):
            unreader.take_buffered()


class Worker(SendingWorker):
    """`arriving` are the connections whose request is incomplete, in the order in which they began to wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = most_connections(self.cfg.worker_connections)
        self.max_keepalived = self.worker_connections - self.cfg.threads
        self.arriving: dict[Connection, Arrival] = {}
        self.lingering: dict[Connection, float] = {}
        self.next_check = 0.0
        # Of all requests without a complete response.
        self.octets = 0

    # --- Called by gunicorn in the main thread ----------------------------------------------------

    def accept(self, listener: Any) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            client_socket, client = listener.accept()
            self.nr_conns += 1
            client_socket = ClientSocket(client_socket, self.unsent)
            self.enqueue_req(Connection(self, client_socket, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Receive a request on `conn`, and pass it to a thread."""
        if self.cfg.is_ssl or negotiation.prior_knowledge_allowed(self.cfg, conn.client):
            # gunicorn decrypts in the thread. A proxy makes this unnecessary.
            super().enqueue_req(conn)
            return
        self.make_room()
        self.arriving[conn] = Arrival(self.cfg)
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_arriving, conn))
        # A client may have sent the next request already.
        buffered = conn.parser.unreader.take_buffered() if conn.parser else b""
        if buffered:
            self.take(conn, buffered)
        else:
            self.on_arriving(conn)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        if conn in self.keepalived_conns:
            # Otherwise `make_room` closed it in the same round of events.
            super().on_client_socket_readable(conn, client)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        self.count(conn, -conn.octets)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close late connections. gunicorn calls this after each round of events, and every second."""
        super().murder_pending()
        now = time.monotonic()
        if now < self.next_check:
            return
        self.next_check = now + CHECK_SECONDS
        self.close_slow(now)
        for conn, arrival in [*self.arriving.items()]:
            if now >= arrival.deadline:
                self.refuse_late(conn, arrival)
            elif not self.alive and not arrival.size and now >= arrival.started + FIRST_OCTET_SECONDS:
                self.drop(conn)
        for conn in [conn for conn, deadline in self.lingering.items() if now >= deadline]:
            self.stop_lingering(conn)

    # --- Called by gunicorn in a thread -----------------------------------------------------------

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Close the connection instead of waiting for the rest of a body."""
        if isinstance(conn.parser.unreader, Received):
            conn.parser.unreader.is_over = True
        return bool(super()._keepalive_after(conn, keepalive))

    # --- Incoming requests ------------------------------------------------------------------------

    def on_arriving(self, conn: Connection, _socket: object = None) -> None:
        if conn not in self.arriving:
            # Another event of the same round closed it.
            return
        try:
            data = conn.sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self.take(conn, data)
        elif self.arriving[conn].has_headers:
            # The client sends no more: the thread responds that the body ended too early.
            self.hand_over(conn)
        else:
            self.drop(conn)

    def take(self, conn: Connection, data: bytes) -> None:
        arrival = self.arriving[conn]
        arrival.feed(data)
        self.count(conn, len(data))
        if arrival.is_ready:
            self.hand_over(conn)
        elif arrival.must_continue():
            with suppress(OSError):
                conn.sock.send_now(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.drop_the_largest()

    def hand_over(self, conn: Connection, *, is_late: bool = False) -> None:
        """Pass the request to a thread."""
        arrival = self.forget(conn)
        conn.init()
        unreader = conn.parser.unreader
        if not isinstance(unreader, Received):
            unreader = conn.parser.unreader = Received(conn.sock)
        unreader.begin(arrival.take_octets(), is_late=is_late, is_refused=arrival.has_too_many_chunks)
        conn.data_ready = True
        super().enqueue_req(conn)

    def refuse_late(self, conn: Connection, arrival: Arrival) -> None:
        if arrival.has_headers:
            # The application refuses it in the endpoint's format (config/http/whole_bodies.py).
            self.hand_over(conn, is_late=True)
            return
        if arrival.size:
            with suppress(OSError):
                conn.sock.send_now(LATE_RESPONSE)
        self.drop(conn)

    def drop(self, conn: Connection) -> None:
        self.forget(conn).release()
        self.count(conn, -conn.octets)
        self.nr_conns -= 1
        conn.close()

    def forget(self, conn: Connection) -> Arrival:
        self.poller.unregister(conn.sock)
        return self.arriving.pop(conn)

    # --- Bounds -----------------------------------------------------------------------------------

    def make_room(self) -> None:
        """At the limit of connections, close those that have been incomplete or idle for longest."""
        while self.nr_conns >= self.worker_connections:
            if self.arriving:
                self.drop(next(iter(self.arriving)))
            elif self.keepalived_conns:
                self.keepalived_conns[0].timeout = 0
                self.murder_keepalived()
            elif self.finished:
                self.close_sending(next(iter(self.finished)))
            else:
                return

    def count(self, conn: Connection, octets: int) -> None:
        conn.octets += octets
        self.octets += octets

    def drop_the_largest(self) -> None:
        """If waiting requests take too much memory, close the largest. Ordinary requests are smaller."""
        while self.octets > MOST_OCTETS and self.arriving:
            largest = max(self.arriving, key=lambda conn: conn.octets)
            if largest.octets <= PIECE:
                return
            self.drop(largest)

    # --- Closing ----------------------------------------------------------------------------------

    def linger(self, conn: Connection) -> None:
        """Close `conn` once the client has read the response and closed its side."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_lingering, conn))
        except (OSError, ValueError):
            util.close(conn.sock)
            return
        if len(self.lingering) >= self.worker_connections:
            self.stop_lingering(next(iter(self.lingering)))
        self.lingering[conn] = time.monotonic() + LINGER_SECONDS

    def on_lingering(self, conn: Connection, _socket: object) -> None:
        if conn not in self.lingering:
            return
        try:
            if conn.sock.recv(PIECE):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self.stop_lingering(conn)

    def stop_lingering(self, conn: Connection) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        util.close(conn.sock)
