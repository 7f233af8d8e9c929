"""A server whose metrics and traces are read."""

import json
import secrets
from pathlib import Path
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.config.observability.collector import Collector
from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer


class Watched:
    """A server behind a proxy, with its metrics and its traces."""

    def __init__(self, server: LiveServer, metrics_port: int, folder: Path, collector: Collector) -> None:
        self.server, self.folder, self.collector = server, folder, collector
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
        self.wire = Wire(server)

    def call(self, name: str, /, request_id: str = "", **arguments: Any) -> httpx2.Response:
        return self.send(self.wire.tool(name, **arguments), **({"X-Request-ID": request_id} if request_id else {}))

    def send(self, sent: dict[str, Any], **headers: str) -> httpx2.Response:
        return self.wire.post(json=sent["json"], headers={**sent["headers"], **headers})

    def logged(self, request_id: str) -> list[dict[str, Any]]:
        """The lines of the log about that request."""
        lines = [json.loads(line) for line in self.server.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("request_id") == request_id]

    def actions(self, request_id: str) -> list[tuple[str, str]]:
        """Return action and outcome of the request's rows in the audit log."""
        return self.server.database.rows(
            f"SELECT action, outcome FROM oauth_mcp_event WHERE request_id = '{request_id}'"  # noqa: S608 - our own
        )

    def figure(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name which have those labels."""
        text = httpx2.get(self.metrics_url, timeout=30).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    def worker_pids(self) -> set[int]:
        return set(self.server.worker_pids)


def new_id() -> str:
    return f"proxy.{secrets.token_hex(8)}"
