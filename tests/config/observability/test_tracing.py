"""Traces for an OpenTelemetry collector."""

import secrets
from typing import Any

import pytest

from tests.config.observability.collector import attributes_of
from tests.config.observability.watched import Watched, new_id

pytestmark = pytest.mark.any_database


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
def test_invalid_traceparent_is_ignored(watched: Watched, given: Any) -> None:
    sent = watched.wire.modern("tools/call", {"name": "echo", "arguments": {"text": "a"}}, traceparent=given)
    assert "result" in watched.send(sent).json()
