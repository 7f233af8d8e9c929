"""Watching the server: one id from the proxy to the trail, figures for Prometheus, traces for a collector."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from accounts.audit import events
from accounts.models import Event
from config.observability import metrics_server
from tests.config.observability.collector import Collector, attributes_of
from tests.config.observability.watched import Watched, new_id
from tests.streams.conftest import WORKERS, serve
from tests.support.patience import eventually
from tests.support.ports import free_port
from tests.support.server import LiveServer, Template

pytestmark = pytest.mark.any_database

PROJECT = Path(__file__).resolve().parents[3]
SECONDS = 15


@pytest.fixture(scope="module", params=WORKERS)
def watched(
    request: pytest.FixtureRequest, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    port = free_port()
    folder = tmp_path_factory.mktemp("figures")
    with Collector() as collector:
        env: dict[str, Any] = {
            "TRUSTED_PROXY": "true",
            "METRICS_PORT": str(port),
            "PROMETHEUS_MULTIPROC_DIR": str(folder),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "SERVER_NAME": "Watched",
        }
        with serve(template, request.param, **env) as server:
            yield Watched(server, port, folder, collector)


# --- One id ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_user_info", {}),
        ("silent", {"seconds": 0}),
        ("overstay_asynchronously", {}),
        ("overstay", {"name": "Late", "seconds": 1.5}),
        ("no_such_tool", {}),
    ],
)
def test_proxys_id_is_in_the_reply_the_log_and_the_trail(
    watched: Watched, tool: str, arguments: dict[str, Any]
) -> None:
    request_id = new_id()
    response = watched.call(tool, request_id, **arguments)
    assert response.headers["X-Request-ID"] == request_id
    [(action, outcome)] = watched.actions(request_id)
    assert action == f"tools/call {tool}"
    [line] = [line for line in watched.logged(request_id) if line["logger"] == "accounts.audit.events"]
    assert (line["action"], line["outcome"], line["message"]) == (action, outcome, f"mcp {outcome}")


def test_streamed_reply_has_it_too(watched: Watched) -> None:
    request_id = new_id()
    sent = watched.wire.tool("count", to=2)
    sent["headers"]["X-Request-ID"] = request_id
    with watched.wire.stream(**sent) as stream:
        assert stream.response.headers["X-Request-ID"] == request_id
        stream.messages()
    assert watched.actions(request_id) == [("tools/call count", "ok")]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "{}", '"'])
def test_id_that_is_not_well_formed_is_replaced(watched: Watched, given: str) -> None:
    told = httpx2.get(f"{watched.server.url}/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert len(told) == 32
    assert int(told, 16)


def test_requests_have_different_ids(watched: Watched) -> None:
    ids = {httpx2.get(f"{watched.server.url}/health").headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
    assert sorted(ids)[0][:6] == sorted(ids)[-1][:6], "they begin with the time"


def test_without_a_trusted_proxy_nobody_chooses_their_id(server: LiveServer) -> None:
    told = httpx2.get(f"{server.url}/health", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"]
    assert told != "mine"


def test_each_line_of_the_log_is_json(watched: Watched) -> None:
    watched.call("echo", text="a\nb")
    # A tool prints something, in two pieces, between which another process may write its own line.
    printed = re.compile(r"overstay_asynchronously was stopped|^\n", re.MULTILINE)
    lines = [json.loads(line) for line in printed.sub("", watched.server.log).splitlines() if line]
    loggers = {line["logger"] for line in lines}
    assert {"gunicorn.error", "accounts.audit.events"} <= loggers
    # It would tell whatever is in an address.
    assert "gunicorn.access" not in loggers
    assert all({"time", "level", "message"} <= line.keys() for line in lines)


def test_defect_is_logged_with_its_traceback_and_its_request(watched: Watched) -> None:
    request_id = new_id()
    told = watched.call("faulty", request_id).json()["result"]["content"][0]["text"]
    reference = told.rstrip(".").rsplit(" ", 1)[1]
    [line] = [line for line in watched.logged(request_id) if reference in line["message"]]
    assert "RuntimeError: on purpose" in line["exception"]
    assert line["trace_id"]


def test_refusal_that_anybody_can_bring_about_is_one_line_without_a_traceback(watched: Watched) -> None:
    request_id = new_id()
    headers = {"Host": "somebody.else", "X-Request-ID": request_id}
    assert httpx2.get(f"{watched.server.url}/admin/", headers=headers).status_code == 400
    [line] = [line for line in watched.logged(request_id) if line["logger"].startswith("django.security")]
    assert "somebody.else" in line["message"]
    assert "exception" not in line


# --- Figures -----------------------------------------------------------------------------------------


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


def test_no_stranger_adds_a_label(watched: Watched) -> None:
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


def test_figures_are_not_on_the_public_port(watched: Watched) -> None:
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
def test_what_cannot_be_counted_happened_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(event: Event) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(events, "observers", [full])
    events.record(Event.Kind.TOKEN)
    assert Event.objects.count() == 1
    assert "the disk is full" in caplog.text


# --- Traces ------------------------------------------------------------------------------------------


def new_trace() -> tuple[str, str, str]:
    """A trace, a span of it, and both as W3C Trace Context has them."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-01"


@pytest.mark.parametrize("tool", ["get_user_info", "silent"])
def test_call_is_in_the_trace_that_its_client_names(watched: Watched, tool: str) -> None:
    trace, parent, traceparent = new_trace()
    arguments = {"seconds": 0} if tool == "silent" else {}
    watched.send(watched.wire.modern("tools/call", {"name": tool, "arguments": arguments}, traceparent=traceparent))
    span = watched.collector.wait_for(lambda span: span.trace_id.hex() == trace)
    assert span.parent_span_id.hex() == parent
    assert (span.name, span.kind) == (f"tools/call {tool}", span.SPAN_KIND_SERVER)
    assert attributes_of(span).items() >= {"mcp.method.name": "tools/call", "gen_ai.tool.name": tool}.items()
    # The HTTP request has a trace of its own, and the two know of each other.
    [link] = span.links
    http = watched.collector.wait_for(lambda span: span.span_id == link.span_id)
    assert http.name == "POST /mcp/"
    assert watched.collector.service == "Watched"


def test_request_is_in_the_trace_that_its_header_names(watched: Watched) -> None:
    trace, parent, traceparent = new_trace()
    request_id = new_id()
    watched.send(watched.wire.tool("echo", text="a"), traceparent=traceparent, **{"X-Request-ID": request_id})
    http = watched.collector.wait_for(lambda span: span.trace_id.hex() == trace and span.name == "POST /mcp/")
    assert http.parent_span_id.hex() == parent
    assert attributes_of(http).items() >= {"http.route": "/mcp/", "http.response.status_code": 200}.items()
    call = watched.collector.wait_for(lambda span: span.parent_span_id == http.span_id)
    assert (call.name, call.trace_id.hex()) == ("tools/call echo", trace)
    assert {line["trace_id"] for line in watched.logged(request_id)} == {trace}


def test_failure_is_an_error_of_the_span(watched: Watched) -> None:
    trace, _, traceparent = new_trace()
    watched.send(watched.wire.modern("tools/call", {"name": "faulty", "arguments": {}}, traceparent=traceparent))
    span = watched.collector.wait_for(lambda span: span.trace_id.hex() == trace)
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert attributes_of(span)["error.type"] == "defect"


@pytest.mark.parametrize("given", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", 7, None, ["a"], {"a": 1}])
def test_traceparent_that_is_none_is_passed_over(watched: Watched, given: Any) -> None:
    sent = watched.wire.modern("tools/call", {"name": "echo", "arguments": {"text": "a"}}, traceparent=given)
    assert "result" in watched.send(sent).json()


# --- Where nobody watches ------------------------------------------------------------------------------


def test_what_is_not_asked_for_is_not_even_loaded() -> None:
    loaded = "{name.split('.')[0] for name in sys.modules} & {'prometheus_client', 'opentelemetry', 'google'}"
    code = f"import sys, config.wsgi, mcp_api.transport.views as views; print({loaded}, views.McpView)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("set() <class"), done.stdout
