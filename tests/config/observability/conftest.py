"""A server whose metrics and traces are read, on each kind of worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.config.observability.collector import Collector
from tests.config.observability.watched import Watched
from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.ports import free_port


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
