"""Traces for an OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT): a span for each request, over http/protobuf.

mcp_api/execution/tracing.py adds the spans of calls.
"""

import logging
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from accounts.audit import request_ids

# Trusted headers of a request. Not `baggage`: a tool's own requests would pass it on.
CARRIERS = ("traceparent", "tracestate")

_tracer = trace.get_tracer(__name__)


def begin() -> None:
    """Export the traces of this process until it ends."""
    attributes = {SERVICE_NAME: settings.OTEL_SERVICE_NAME, SERVICE_VERSION: settings.SERVER_VERSION}
    provider = TracerProvider(resource=Resource.create(attributes))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def request_span(request: HttpRequest) -> AbstractContextManager[Span]:
    sent = {name: request.headers[name] for name in CARRIERS if name in request.headers}
    # Malformed values are ignored.
    return _tracer.start_as_current_span(
        str(request.method), context=propagate.extract(sent), kind=SpanKind.SERVER, record_exception=False
    )


def describe(span: Span, request: HttpRequest, endpoint: str, status: int) -> None:
    """Describe the request by OpenTelemetry's conventions for HTTP servers, without the client's address and query."""
    span.update_name(f"{request.method} {endpoint}".strip())
    span.set_attributes(
        {
            "http.request.method": str(request.method),
            "http.route": endpoint,
            "http.response.status_code": status,
            "http.response.header.x-request-id": [request_ids.current.get()],
        }
    )
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


class TraceIdFilter(logging.Filter):
    """Add the trace id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        record.trace_id = trace.format_trace_id(context.trace_id) if context.is_valid else ""
        return True
