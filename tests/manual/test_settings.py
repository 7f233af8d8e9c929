"""docs/settings.md and docs/connect-clients.md name what the code reads and what the tests run."""

import json
import re

import pytest

from tests.conftest import PROJECT, VARIABLE
from tests.manual.pages import rows_of, text_of

pytestmark = pytest.mark.any_database

# Read where the settings module is not loaded, and what the row of OTEL_EXPORTER_OTLP_ENDPOINT means by "other".
ELSEWHERE = {"ADMIN_PASSWORD"}
NOT_FOR_OPERATORS = {"GUNICORN_BOUND_TO"}


def named_settings() -> set[str]:
    """The names in the first column; `…_CLIENT` continues the name before it."""
    names = set()
    for cell in re.findall(r"^\| (`[A-Z].*?) \|", text_of("settings.md"), re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        stem = first.rpartition("_")[0]
        names |= {first, *(other.replace("…", stem) for other in others)}
    return names


def read_settings() -> set[str]:
    modules = [(PROJECT / "config" / f"{module}.py").read_text() for module in ("settings", "gunicorn")]
    names = {name for text in modules for name in VARIABLE.findall(text)} - NOT_FOR_OPERATORS
    return {name for name in names if not name.startswith("OTEL_")} | {"OTEL_EXPORTER_OTLP_ENDPOINT"}


def test_each_setting_that_is_read_is_in_the_table_and_no_other() -> None:
    assert named_settings() == read_settings() | ELSEWHERE


def test_clients_are_named_with_the_versions_that_are_tested() -> None:
    packages = json.loads((PROJECT / "tests" / "clients" / "node" / "package.json").read_text())["dependencies"]
    pins = dict(re.findall(r"^(\S+?)(?:\[\w+\])?==(\S+)$", (PROJECT / "tests/requirements.txt").read_text(), re.M))
    rows = rows_of("connect-clients.md", "Tested clients", "client")
    expected = {
        "Python SDK (`mcp`)": [pins["mcp"]],
        "FastMCP client (`fastmcp-slim`)": [pins["fastmcp-slim"]],
        "TypeScript `@modelcontextprotocol/client`": [packages["@modelcontextprotocol/client"]],
        "TypeScript `@modelcontextprotocol/sdk`": [packages["@modelcontextprotocol/sdk"]],
        "mcp-remote": [packages["mcp-remote"]],
        "MCP Inspector, command line": [packages["@modelcontextprotocol/inspector"]],
        "MCP Inspector, web app": [
            packages["@modelcontextprotocol/inspector"],
            packages["@modelcontextprotocol/inspector-client"],
        ],
    }
    named = {client: re.findall(r"\d+\.\d+\.\d+", versions) for client, versions in rows.items()}
    assert named == {client.strip("`"): versions for client, versions in expected.items()}
