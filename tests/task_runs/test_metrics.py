"""Metrics of tasks, over all processes of a server."""

from collections.abc import Iterator

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.database import Template
from tests.support.patience import eventually
from tests.support.ports import free_port
from tests.support.servers.server import WORKER, LiveServer
from tests.task_runs.conftest import TaskWire


class Figures:
    """The figures of a server's metrics."""

    def __init__(self, server: LiveServer, port: int) -> None:
        self.server, self.url = server, f"http://127.0.0.1:{port}/metrics"

    def __call__(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of a figure that have these labels."""
        families = text_string_to_metric_families(httpx2.get(self.url).text)
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


@pytest.fixture(scope="module")
def figures(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Figures]:
    port = free_port()
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.task_runs.settings",
        "GUNICORN_CMD_ARGS": f"--worker-class {WORKER}",
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("figures")),
    }
    application = "config.asgi" if WORKER == "asgi" else "config.wsgi"
    with LiveServer(template, application=application, env=env) as running:
        yield Figures(running, port)


def test_task_counts_as_one_call_with_the_duration_of_its_end(figures: Figures) -> None:
    wire = TaskWire(figures.server)
    wire.ended(wire.begin("count", to=5))
    assert figures("mcp_tool_calls_total", tool="count") == 1
    assert figures("mcp_tool_call_seconds_count", tool="count") == 1
    assert figures("mcp_tool_call_seconds_sum", tool="count") >= 1


def test_tasks_that_wait_for_answers_are_counted_once_for_all_processes(figures: Figures) -> None:
    wire = TaskWire(figures.server)
    asking = [wire.begin("plan", days=0) for _ in range(3)]
    assert eventually(lambda: figures("mcp_tasks_idle", state="input_required") == len(asking), 20)
    for task_id in asking:
        wire.ask("tasks/cancel", task_id)
    assert eventually(lambda: figures("mcp_tasks_idle", state="input_required") == 0, 20)
