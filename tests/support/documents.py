"""Client metadata documents under their real names, served over TLS on loopback.

Only the resolver and the trust store are replaced: `https://claude.ai/…` is fetched by the very
code that fetches it in production, from a server of ours with a certificate that names claude.ai.
The guard, which the resolver is part of, is tested apart (tests/accounts/clients/test_document_guard.py).
"""

import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from unittest import mock

import urllib3

from accounts.fetching import exchange, pending_fetches
from tests.support.http.certificates import make_certificate

HOSTS = [
    *("claude.ai", "chatgpt.com", "vscode.dev", "opencode.ai", "jwt-idp.example.com"),
    *("app.example", "evil.example", "*.hanging.example"),
]
# What comes of an address there, whatever its path.
HANGING = ".hanging.example"
DRIP_SECONDS = 0.05


class DocumentServer:
    """Serves what is put into `documents`, by address: an object, or bytes as they are.

    Under each name in HANGING it never answers, or under /drip without end. `asked` are what was fetched.
    """

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.is_over = threading.Event()
        self.folder = tempfile.TemporaryDirectory(prefix="documents-")
        self.certificate, key = make_certificate(Path(self.folder.name), HOSTS)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        # The handshake is the handler's: a client that breaks it off must not stop the next one from being accepted.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def publish(self, document: dict[str, Any]) -> str:
        """Serve a metadata document where its client_id says; returns that."""
        self.documents[document["client_id"]] = document
        return document["client_id"]

    def stop(self) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self.folder.cleanup()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = f"https://{self.headers['Host']}{self.path}"
                server.asked.append(address)
                if self.headers["Host"].endswith(HANGING):
                    return self.drip() if self.path.startswith("/drip") else self.hang()
                document = server.documents.get(address)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(404 if document is None else 200)
                for name, value in {"Content-Type": "application/json", **server.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def hang(self) -> None:
                server.is_over.wait()
                self.close_connection = True

            def drip(self) -> None:
                """A header, or a body, that never ends: each read gets something."""
                start = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                start += "Content-Length: 9999\r\n\r\n" if self.path == "/drip/body" else "X-Long: "
                self.close_connection = True
                with suppress(OSError):
                    self.wfile.write(start.encode())
                    while not server.is_over.wait(DRIP_SECONDS):
                        self.wfile.write(b" ")

            def log_message(self, *args: object) -> None:
                """Nothing: a test's output is for its failures."""

        return Handler


@contextmanager
def serving_documents() -> Iterator[DocumentServer]:
    """A DocumentServer that this process finds under every name in HOSTS."""
    server = DocumentServer()
    end_fetches()
    try:
        with found_at(server.port, str(server.certificate)):
            yield server
    finally:
        server.stop()
        end_fetches()


def look_up_by(found: Callable[..., Any]) -> None:
    """Look names up by `found` for as long as `found_at` lasts.

    pytest's monkeypatch would put back, after the end of `found_at`, the resolver that `found_at` replaced.
    """
    cast(mock.Mock, exchange.resolve).side_effect = found


def end_fetches(*, within_seconds: float = 10) -> None:
    """End the fetches that are under way: they hold slots, which the next test's people would find taken."""
    until = time.monotonic() + within_seconds
    while pending_fetches.slots._count and time.monotonic() < until:
        for pending in list(pending_fetches._pending.values()):
            pending.exchange.abort()
        time.sleep(0.005)


@contextmanager
def found_at(port: int, certificate: str) -> Iterator[None]:
    """Resolve every name to that loopback port, and trust `certificate`."""
    trusting = ssl.create_default_context(cafile=certificate)

    def pool(address: str, _: int, **options: Any) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(address, port, retries=False, maxsize=1, ssl_context=trusting, **options)

    with (
        mock.patch.object(exchange, "resolve", return_value=["127.0.0.1"]),
        mock.patch.object(exchange, "open_pool", pool),
    ):
        yield
