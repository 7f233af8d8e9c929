"""docs/settings.md and docs/connect-clients.md name what the code reads and what the tests run."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.manual.pages import rows_of, text_of

pytestmark = pytest.mark.any_database

# Read elsewhere than in the settings and in config/gunicorn.py.
ELSEWHERE = {"ADMIN_PASSWORD": "random"}
NOT_FOR_OPERATORS = {"GUNICORN_BOUND_TO"}
# Defaults that the table describes, and those of other modes in which it names a second one.
DESCRIBED = {
    "SECRET_KEY": ("required", ""),
    "PUBLIC_URL": ("required unless `DEBUG`", ""),
    "DATABASE_URL": ("SQLite, `db.sqlite3`", f"sqlite:///{PROJECT}/db.sqlite3"),
    "ENV_FILE": ("`.env`", f"{PROJECT}/.env"),
    "MEDIA_ROOT": ("`media`", f"{PROJECT}/media"),
    "LOCAL_SETTINGS": ("`local_settings.py`", ""),
    "HSTS_SECONDS": ("30 days", 30 * 24 * 3600),
    "STREAMS": ("half of `THREADS`", 12),
    "METRICS_PORT": ("none", 0),
    "ADMIN_PASSWORD": ("random, printed once", "random"),
    "DATABASE_POOL": ("`0`; `24` under `config.asgi`", 0),
    "TOOL_THREADS": ("`16`; `80` with `DATABASE_POOL`", 16),
    "TASK_BACKEND": ("the server's processes", "mcp_api.extensions.tasks.backend.ServerProcesses"),
    "LOG_FORMAT": ("`json`; `line` with `DEBUG`", "json"),
}

# Prints the default of each variable that is read where a feature needs it: on PostgreSQL, with https and single
# sign-on. Here, a process's own variables are those alone.
READ = """
import json, os, sys
from runpy import run_path
from environ import Env

defaults, get_value = {}, Env.get_value

def record(self, var, cast=None, default=None, **options):
    if var not in defaults:
        defaults[var] = default
    return get_value(self, var, cast, default, **options)

Env.get_value = record
if len(sys.argv) > 1:
    run_path("config/gunicorn.py")
else:
    import config.settings
print(json.dumps(defaults, default=str))
"""
FEATURES = {
    "DATABASE_URL": "postgres://user@host/name",
    "PUBLIC_URL": "https://mcp.example.com",
    "OIDC_ISSUER": "https://id.example.com",
}


def rows() -> dict[str, str]:
    """The names in the first column, each with its default; `…_CLIENT` continues the name before it."""
    found: dict[str, str] = {}
    for names, defaults in re.findall(r"^\| (`[A-Z].*?) \| (.*?) ?\|", text_of("settings.md"), re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", names)
        stem = first.rpartition("_")[0]
        each = defaults.split(", ") if others and defaults else [defaults] * (1 + len(others))
        found |= dict(zip([first, *(other.replace("…", stem) for other in others)], each, strict=True))
    return found


@cache
def defaults() -> dict[str, Any]:
    """Each variable that the settings and gunicorn's configuration read, with its default."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    found: dict[str, Any] = {}
    for module, env in (([], kept | FEATURES), (["gunicorn"], kept)):
        done = subprocess.run(
            [sys.executable, "-c", READ, *module],
            cwd=PROJECT,
            env=env | {"ENV_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=True,
        )
        found |= json.loads(done.stdout)
    tracing = {name for name in found if name.startswith("OTEL_")} - {"OTEL_EXPORTER_OTLP_ENDPOINT"}
    return {name: default for name, default in found.items() if name not in tracing | NOT_FOR_OPERATORS}


def described(default: Any) -> str:
    """Return the default as the table writes it."""
    match default:
        case None | "" | []:
            return ""
        case dict() if not default:
            return ""
        case bool():
            return f"`{default}`".lower()
        case list():
            return f"`{','.join(default)}`"
        case float():
            return f"`{default:g}`"
    return f"`{default}`"


def test_each_setting_that_is_read_is_in_the_table_and_no_other() -> None:
    assert set(rows()) == {*defaults(), *ELSEWHERE}


def test_defaults_in_the_table_are_those_of_the_code() -> None:
    real = {**defaults(), **ELSEWHERE}
    expected = {
        name: words if (words, default) == DESCRIBED.get(name) else described(default)
        for name, default in real.items()
        for words, _ in [DESCRIBED.get(name, ("", None))]
    }
    assert rows() == expected


def test_example_file_names_settings_of_the_table_and_the_default_limits() -> None:
    lines = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    example = dict(lines)
    # The first is of compose.yaml, the second one of OpenTelemetry's own.
    assert set(example) - {"POSTGRES_PASSWORD", "OTEL_SERVICE_NAME"} <= set(rows())
    limits = {name: rate for name, rate in defaults().items() if name.startswith("LIMIT_")}
    assert {name: value for name, value in example.items() if name.startswith("LIMIT_")} == limits


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
