"""Metrics, traces and the log."""

from config.settings.environment import env
from config.settings.server import APPS, DEBUG, SERVER_NAME
from mcp_api.conf import Settings as Defaults

# Metrics for Prometheus, on a port that is not public (config/observability/metrics_server.py); 0 is no metrics.
METRICS_PORT = env.int("METRICS_PORT", default=Defaults.METRICS_PORT)
METRICS_HOST = env.str("METRICS_HOST", default=Defaults.METRICS_HOST)
# Traces are sent to an OpenTelemetry collector over http/protobuf. The SDK reads its other variables itself.
TRACES = bool(
    env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="") or env.str("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
)
OTEL_EXPORTER_OTLP_PROTOCOL = env.str("OTEL_EXPORTER_OTLP_PROTOCOL", default=Defaults.OTEL_EXPORTER_OTLP_PROTOCOL)
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", default=SERVER_NAME)

# `json` for programs that collect the log, `line` for people. config/gunicorn.py reads it too, for gunicorn's lines.
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else Defaults.LOG_FORMAT)
# Each line, of any logger, names its request and its trace.
_filters = {
    "request_id": {"()": "accounts.audit.request_ids.RequestIdFilter"},
    "refusals": {"()": "config.observability.logs.RefusalsInOneLine"},
}
if TRACES:
    _filters["trace_id"] = {"()": "config.observability.tracing.TraceIdFilter"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": _filters,
    "formatters": {
        "log": {"()": "config.observability.logs.Json" if LOG_FORMAT == "json" else "config.observability.logs.Line"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "log", "filters": [*_filters]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "accounts": {"level": "INFO"},
        "config": {"level": "INFO"},
        "mcp_api": {"level": "INFO"},
        **{app.partition(".")[0]: {"level": "INFO"} for app in APPS},
        # Its own handler would write each line a second time.
        "django": {"handlers": [], "level": "INFO"},
        # Each refusal is an event already; Django's lines would repeat it.
        "django.request": {"level": "ERROR"},
    },
}
