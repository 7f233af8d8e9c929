"""A span for each call, in its client's trace, if traces are exported (config/observability/tracing.py).

Spec (basic, `_meta`): `traceparent` and `tracestate`, in the formats of W3C Trace Context, are the exception to
the rule that keys have a prefix. The names below are OpenTelemetry's conventions for MCP.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from accounts.audit import events
from accounts.models import Event
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.registry import targets

Dispatch = Callable[[Call], Any]

CARRIERS = ("traceparent", "tracestate")


def traced(dispatch: Dispatch) -> Dispatch:
    """Return `dispatch` with a span around each call, or `dispatch` itself if traces are not exported."""
    if not conf.TRACES:
        return dispatch

    from opentelemetry import propagate, trace
    from opentelemetry.trace import Link, SpanKind, Status, StatusCode

    tracer = trace.get_tracer(__name__)

    def annotate(event: Event) -> None:
        if event.kind != Event.Kind.MCP or event.outcome == Event.Outcome.OK:
            return
        span = trace.get_current_span()
        span.set_attribute("error.type", event.reason)
        span.set_status(Status(StatusCode.ERROR))

    @wraps(dispatch)
    def in_span(call: Call) -> Any:
        request = trace.get_current_span().get_span_context()
        sent = carried(call)
        # The parent is the client's own span; that of the HTTP request is linked.
        parent = propagate.extract(sent) if sent else None
        links = [Link(request)] if sent and request.is_valid else []
        with tracer.start_as_current_span(
            name_of(call),
            context=parent,
            kind=SpanKind.SERVER,
            attributes=attributes_of(call),
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ):
            return dispatch(call)

    events.observers.append(annotate)
    return in_span


def carried(call: Call) -> dict[str, str]:
    """Return the trace context in the request's `_meta`."""
    meta = call.request.params.get("_meta")
    if not isinstance(meta, dict):
        return {}
    return {name: meta[name] for name in CARRIERS if isinstance(meta.get(name), str)}


def name_of(call: Call) -> str:
    """Return the name of the span, which names the target only if it exists: there must be few names of spans."""
    return call.subject if targets.find(call.request) is not None else call.request.method


def attributes_of(call: Call) -> dict[str, str]:
    request = call.request
    about = {
        "mcp.method.name": request.method,
        "mcp.protocol.version": request.version,
        "jsonrpc.request.id": str(request.id),
    }
    if request.method == "tools/call" and targets.find(request) is not None:
        about |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": request.params["name"]}
    return about
