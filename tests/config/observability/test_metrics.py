"""Metrics for Prometheus, counted over all processes."""

import os
import secrets
import signal
from pathlib import Path

import httpx2
import pytest

from accounts.audit import events
from accounts.models import Event
from config.observability import metrics_server
from tests.config.observability.watched import Watched
from tests.support.patience import eventually

pytestmark = pytest.mark.any_database
SECONDS = 15


def test_calls_are_counted_over_all_processes(watched: Watched) -> None:
    labels = {"tool": "echo", "outcome": "ok"}
    before = watched.figure("mcp_tool_calls_total", **labels)
    timed = watched.figure("mcp_tool_call_seconds_count", tool="echo")
    for _ in range(12):
        assert watched.call("echo", text="a").status_code == 200
    assert watched.figure("mcp_tool_calls_total", **labels) == before + 12
    assert watched.figure("mcp_tool_call_seconds_count", tool="echo") == timed + 12
    assert watched.figure("mcp_tool_call_seconds_bucket", tool="echo", le="+Inf") == timed + 12


def test_what_fails_is_counted_by_its_reason(watched: Watched) -> None:
    watched.call("faulty")
    assert watched.figure("mcp_tool_calls_total", tool="faulty", outcome="failed", reason="defect") >= 1
    httpx2.post(watched.server.mcp_url, json={})
    assert watched.figure("mcp_requests_refused_total", reason="missing_token") >= 1


def test_tokens_are_counted(watched: Watched) -> None:
    before = watched.figure("oauth_tokens_refused_total", reason="invalid_client")
    form = {"grant_type": "refresh_token", "refresh_token": "a", "client_id": "nobody"}
    assert httpx2.post(f"{watched.server.url}/oauth/token", data=form).status_code == 401
    assert watched.figure("oauth_tokens_refused_total", reason="invalid_client") == before + 1


def test_requests_are_counted_by_route_and_status(watched: Watched) -> None:
    labels = {"endpoint": "/oauth/register/<client_id>/", "method": "GET", "status": "401"}
    before = watched.figure("http_requests_total", **labels)
    for name in ("one", "two"):
        httpx2.get(f"{watched.server.url}/oauth/register/{name}")
    assert watched.figure("http_requests_total", **labels) == before + 2
    assert watched.figure("http_request_seconds_count", endpoint="/oauth/register/<client_id>/") >= 2


def test_invented_names_add_no_label(watched: Watched) -> None:
    invented = f"invented{secrets.token_hex(4)}"
    watched.call(invented)
    watched.send(watched.wire.modern(invented, {}))
    httpx2.request(invented.upper(), f"{watched.server.url}/{invented}")
    httpx2.post(f"{watched.server.url}/oauth/token", data={"grant_type": invented, "client_id": invented})
    assert invented not in httpx2.get(watched.metrics_url).text.lower()
    assert watched.figure("mcp_tool_calls_total", tool="other", outcome="refused") >= 1
    assert watched.figure("http_requests_total", endpoint="", status="404") >= 1


def test_open_streams_are_counted_while_they_are_open(watched: Watched) -> None:
    def listening() -> float:
        return watched.figure("mcp_open_streams", kind="listening")

    with watched.wire.stream(**watched.wire.modern("subscriptions/listen", {"notifications": {}})) as stream:
        stream.message()
        assert eventually(lambda: listening() == 1)
    assert eventually(lambda: listening() == 0)


def test_killed_worker_leaves_its_counts_but_not_its_streams(watched: Watched) -> None:
    counted = watched.figure("events_total")
    with watched.wire.stream(**watched.wire.modern("subscriptions/listen", {"notifications": {}})) as stream:
        stream.message()
        workers = watched.worker_pids()
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: len(watched.worker_pids() - workers) == len(workers), SECONDS)
    assert eventually(lambda: is_up(watched), 60)
    assert watched.figure("events_total") >= counted
    assert watched.figure("mcp_open_streams") == 0
    # Named by place and not by process, files do not become more with each worker.
    [folder] = watched.folder.iterdir()
    assert {file.stem.rsplit("_", 1)[1] for file in folder.iterdir()} <= {"0", "1"}


def is_up(watched: Watched) -> bool:
    try:
        return httpx2.get(f"{watched.server.url}/health", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def test_metrics_are_not_on_the_public_port(watched: Watched) -> None:
    assert httpx2.get(f"{watched.server.url}/metrics").status_code == 404


def test_master_of_an_upgrade_does_not_inherit_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would lose its files as soon as the one before is gone."""
    monkeypatch.setenv(metrics_server.FOLDER, str(tmp_path / "figures"))
    before = dict(os.environ)
    folder = metrics_server.make_folder()
    assert dict(os.environ) == before
    assert Path(folder).parent == tmp_path / "figures"
    metrics_server.remove(folder)
    assert list((tmp_path / "figures").iterdir()) == []


@pytest.mark.django_db
def test_event_is_recorded_although_its_metrics_fail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(event: Event) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(events, "observers", [full])
    events.record(Event.Kind.TOKEN)
    assert Event.objects.count() == 1
    assert "the disk is full" in caplog.text
