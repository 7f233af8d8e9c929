"""A proxy as it stands in front of the server in production: it ends TLS and forwards, with who asked and how."""

import http.client
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

# RFC 9110 section 7.6.1: for one connection alone.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})
TIMEOUT_SECONDS = 60


class TLSProxy:
    """A reverse proxy on a free loopback port. `port_behind` says where the server behind it listens."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.port_behind: Callable[[], int] = int
        proxy = self

        class Handler(Forwarder):
            def port_behind(self) -> int:
                return proxy.port_behind()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is the connection's own thread's business, not the accepting one's.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"https://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Forwarder(BaseHTTPRequestHandler):
    """One connection: each request goes on over plain http, and its answer comes back."""

    protocol_version = "HTTP/1.1"

    def port_behind(self) -> int:
        raise NotImplementedError

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["X-Forwarded-Proto"] = "https"
        before = self.headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = ", ".join(filter(None, [before, self.client_address[0]]))
        behind = http.client.HTTPConnection("127.0.0.1", self.port_behind(), timeout=TIMEOUT_SECONDS)
        try:
            behind.request(self.command, self.path, body, headers)
            answer = behind.getresponse()
            content = answer.read()
        except OSError as error:
            self.send_error(502, explain=str(error))
            return
        finally:
            behind.close()
        self.send_response(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in (*HOP_BY_HOP, "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = forward  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the server behind has its own log."""
