"""The official harness against the MCP server: under threads on SQLite, and under an event loop on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.harness import INTERFACES, command, findings, run
from tests.support.database import Template
from tests.support.servers.server import WORKER, LiveServer

# All that the harness runs, so that none is lost unnoticed.
SCENARIOS = {
    "2025-11-25": {
        "completion-complete",
        "dns-rebinding-protection",
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "json-schema-2020-12",
        "logging-set-level",
        "ping",
        "prompts-get-embedded-resource",
        "prompts-get-simple",
        "prompts-get-with-args",
        "prompts-get-with-image",
        "prompts-list",
        "resources-list",
        "resources-read-binary",
        "resources-read-text",
        "resources-subscribe",
        "resources-templates-read",
        "resources-unsubscribe",
        "server-initialize",
        "server-session-lifecycle",
        "server-sse-multiple-streams",
        "server-sse-polling",
        "tools-call-audio",
        "tools-call-elicitation",
        "tools-call-embedded-resource",
        "tools-call-error",
        "tools-call-image",
        "tools-call-mixed-content",
        "tools-call-sampling",
        "tools-call-simple-text",
        "tools-call-with-logging",
        "tools-call-with-progress",
        "tools-list",
    },
    "2026-07-28": {
        "caching",
        "completion-complete",
        "dns-rebinding-protection",
        "http-custom-header-server-validation",
        "http-header-validation",
        "input-required-result-basic-elicitation",
        "input-required-result-basic-list-roots",
        "input-required-result-basic-sampling",
        "input-required-result-capability-check",
        "input-required-result-ignore-extra-params",
        "input-required-result-missing-input-response",
        "input-required-result-multi-round",
        "input-required-result-multiple-input-requests",
        "input-required-result-non-tool-request",
        "input-required-result-request-state",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "input-required-result-unsupported-methods",
        "input-required-result-validate-input",
        "json-schema-2020-12",
        "prompts-get-embedded-resource",
        "prompts-get-simple",
        "prompts-get-with-args",
        "prompts-get-with-image",
        "prompts-list",
        "resources-list",
        "resources-read-binary",
        "resources-read-text",
        "resources-templates-read",
        "sep-2164-resource-not-found",
        "server-sse-multiple-streams",
        "server-stateless",
        "tasks-capability-negotiation",
        "tasks-dispatch-and-envelope",
        "tasks-lifecycle",
        "tasks-mrtr-composition",
        "tasks-mrtr-input",
        "tasks-request-headers",
        "tasks-request-state-removal",
        "tasks-required-task-error",
        "tasks-status-notifications",
        "tasks-wire-fields",
        "tools-call-audio",
        "tools-call-embedded-resource",
        "tools-call-error",
        "tools-call-image",
        "tools-call-mixed-content",
        "tools-call-simple-text",
        "tools-call-with-progress",
        "tools-list",
    },
}

# Scenarios that the harness itself skips, whatever the server does.
SKIPPED = {"tasks-status-notifications"}


@pytest.fixture(scope="module")
def conformance(template: Template) -> Iterator[LiveServer]:
    env = {"GUNICORN_CMD_ARGS": f"--worker-class {WORKER}"}
    with LiveServer(template, application=f"tests.conformance.{INTERFACES[WORKER]}:application", env=env) as running:
        yield running


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize("revision", SCENARIOS)
def test_every_scenario_passes(conformance: LiveServer, revision: str, tmp_path: Path):
    printed = run(command("server", conformance.mcp_url, "--requirements", revision, results=tmp_path))

    found = findings(tmp_path)
    assert found.keys() == SCENARIOS[revision], printed[-2000:]
    assert {scenario: wrong for scenario, wrong in found.items() if wrong and scenario not in SKIPPED} == {}
