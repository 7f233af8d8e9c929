"""An OpenTelemetry collector for tests, as far as it takes spans over http/protobuf."""

import gzip
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SECONDS = 15


class Collector:
    """Listens on a free loopback port. `service` is who sent last."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.service = ""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        for group in request.resource_spans:
            about = {each.key: each.value.string_value for each in group.resource.attributes}
            self.service = about["service.name"]
            for scope in group.scope_spans:
                self.spans.extend(scope.spans)

    def wait_for(self, fits: Callable[[Span], bool]) -> Span:
        """The first span that fits, as soon as it has come."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for span in list(self.spans):
                if fits(span):
                    return span
            time.sleep(0.05)
        raise AssertionError(f"No such span came; there are {[span.name for span in self.spans]}.")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def attributes_of(span: Span) -> dict[str, Any]:
    """Return the attributes that are text or a number."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
