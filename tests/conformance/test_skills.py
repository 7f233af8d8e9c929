"""The official harness's scenarios of Skills (SEP-2640): under threads on SQLite, an event loop on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.harness import INTERFACES, command, findings, run
from tests.support.database import Template
from tests.support.servers.server import WORKER, LiveServer

SCENARIOS = ("sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest")


@pytest.fixture(scope="module")
def conformance(template: Template) -> Iterator[LiveServer]:
    """A server with pages of one entry, so that each list has several."""
    env = {"GUNICORN_CMD_ARGS": f"--worker-class {WORKER}", "LIST_PAGE_SIZE": "1"}
    with LiveServer(template, application=f"tests.conformance.{INTERFACES[WORKER]}:application", env=env) as running:
        yield running


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_of_skills_passes(conformance: LiveServer, scenario: str, tmp_path: Path) -> None:
    printed = run(command("server", conformance.mcp_url, "--scenario", scenario, results=tmp_path))
    assert findings(tmp_path) == {scenario: []}, printed[-2000:]
