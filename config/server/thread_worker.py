"""gunicorn's threads, which are given a request once it has come whole.

gunicorn's own thread waits for the rest of the headers and of the body: as many clients as there are threads, each of
which sends half a request, would stop the server. Here the worker's main thread, which waits for all sockets at once,
keeps what comes of each request. gunicorn's parser decides in the thread what it means; where that one would wait for
more, it is told that nothing comes.
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

from config.server.arrivals import Arrival
from config.server.client_socket import ClientSocket
from config.server.connections import most_connections
from config.server.received import Received
from config.server.sending_worker import SendingWorker

PIECE = 65_536
# Of requests that are not whole, or wait for a thread, in one process.
MOST_OCTETS = 128_000_000
# After an answer that ends the connection, the client has so long to close its side (RFC 9112 section 9.6).
LINGER_SECONDS = 2.0
# Between two looks at thousands of deadlines.
LOOK_SECONDS = 0.5
TOO_LATE = b"The headers of the request took too long to arrive.\n"
LATE = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(TOO_LATE), TOO_LATE)
)


class Connection(TConn):
    """A client's connection. The worker waits for its end, where gunicorn's own would hold up everybody."""

    def __init__(self, worker: "Worker", client_socket: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, client_socket, client, server)
        self.worker = worker
        # Of the request that it brought, until that is answered.
        self.octets = 0

    def close(self, graceful: bool = False) -> None:
        self.release()
        if graceful:
            self.worker.linger(self)
        else:
            super().close()

    def release(self) -> None:
        """Keep nothing of what was not read: the connection and its parser wait for the garbage collector."""
        unreader = self.parser.unreader if self.parser else None
        if isinstance(unreader, Received):
            unreader.take_buffered()


class Worker(SendingWorker):
    """`arriving` are the connections whose request is not whole, those that wait longest first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = most_connections(self.cfg.worker_connections)
        self.max_keepalived = self.worker_connections - self.cfg.threads
        self.arriving: dict[Connection, Arrival] = {}
        self.lingering: dict[Connection, float] = {}
        self.next_look = 0.0
        # Of all requests that are not answered yet.
        self.octets = 0

    # --- What gunicorn calls, in its main thread --------------------------------------------------

    def accept(self, listener: Any) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            client_socket, client = listener.accept()
            self.nr_conns += 1
            client_socket = ClientSocket(client_socket, self.unsent)
            self.enqueue_req(Connection(self, client_socket, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Wait for a request on `conn`, and have it answered."""
        if self.cfg.is_ssl or negotiation.prior_knowledge_allowed(self.cfg, conn.client):
            # gunicorn decrypts in the thread. Nobody needs that behind a proxy.
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
            # Else another event of this moment ended it (`make_room`).
            super().on_client_socket_readable(conn, client)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        self.count(conn, -conn.octets)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called whenever something happens, and each second: end what is late."""
        super().murder_pending()
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + LOOK_SECONDS
        self.end_slow(now)
        for conn, arrival in [*self.arriving.items()]:
            if now >= arrival.deadline:
                self.refuse_late(conn, arrival)
            elif not self.alive and not arrival.size:
                self.drop(conn)
        for conn in [conn for conn, deadline in self.lingering.items() if now >= deadline]:
            self.stop_lingering(conn)

    # --- What gunicorn calls, in a thread ---------------------------------------------------------

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """What is left of a body is not waited for: the connection is closed instead."""
        if isinstance(conn.parser.unreader, Received):
            conn.parser.unreader.is_over = True
        return bool(super()._keepalive_after(conn, keepalive))

    # --- Requests on their way --------------------------------------------------------------------

    def on_arriving(self, conn: Connection, _socket: object = None) -> None:
        if conn not in self.arriving:
            # Another event of this moment ended it: the poller had told of both before.
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
            # The client will send no more: it is told that the body ended too early.
            self.hand_over(conn)
        else:
            self.drop(conn)

    def take(self, conn: Connection, data: bytes) -> None:
        arrival = self.arriving[conn]
        arrival.feed(data)
        self.count(conn, len(data))
        if arrival.is_ready:
            self.hand_over(conn)
        elif arrival.must_be_asked_for():
            with suppress(OSError):
                conn.sock.send_now(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.drop_the_largest()

    def hand_over(self, conn: Connection, *, is_late: bool = False) -> None:
        """Let a thread answer."""
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
            # So the refusal has the form of the endpoint (config/http/whole_bodies.py).
            self.hand_over(conn, is_late=True)
            return
        if arrival.size:
            with suppress(OSError):
                conn.sock.send_now(LATE)
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
        """Where there are as many connections as may be, end those that are idle, or incomplete, for longest."""
        while self.nr_conns >= self.worker_connections:
            if self.arriving:
                self.drop(next(iter(self.arriving)))
            elif self.keepalived_conns:
                self.keepalived_conns[0].timeout = 0
                self.murder_keepalived()
            elif self.finished:
                self.end_sending(next(iter(self.finished)))
            else:
                return

    def count(self, conn: Connection, octets: int) -> None:
        conn.octets += octets
        self.octets += octets

    def drop_the_largest(self) -> None:
        """Where the requests that wait fill too much memory, end the largest. Ordinary ones are never so large."""
        while self.octets > MOST_OCTETS and self.arriving:
            largest = max(self.arriving, key=lambda conn: conn.octets)
            if largest.octets <= PIECE:
                return
            self.drop(largest)

    # --- Connections that end ---------------------------------------------------------------------

    def linger(self, conn: Connection) -> None:
        """Close `conn` once its client has closed its side, and so has read the answer."""
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
