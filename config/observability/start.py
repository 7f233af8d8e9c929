"""Start of metrics and traces in a server process, where they are configured."""

import os

from django.conf import settings

from config.observability.metrics_server import FOLDER


def start_observability() -> None:
    # Under gunicorn a separate process serves the metrics of all workers (config/observability/metrics_server.py).
    if settings.METRICS_PORT and FOLDER not in os.environ:
        from prometheus_client import start_http_server

        start_http_server(settings.METRICS_PORT, addr=settings.METRICS_HOST)
    if settings.TRACES:
        from config.observability import tracing

        tracing.begin()
