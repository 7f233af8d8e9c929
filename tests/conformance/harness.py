"""The official harness: how to run it, and what it found."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.nodejs import NODE

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
SECONDS = 200
# The workers of gunicorn that serve the product, by the name that the harness knows of each.
INTERFACES = {"gthread": "wsgi", "asgi": "asgi"}

# It keeps the checks of each scenario in a folder: `server-tools-list-2026-01-31T12-00-00-000Z`.
RESULT = re.compile(r"(?:server|authorization-server)-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
# Every scenario makes this check, for refusals too.
SAYS_LITTLE = "wire-schema-valid"

# What is wrong by scenario; nothing is where it passed.
Findings = dict[str, list[str]]


def command(leg: str, url: str, *options: str, results: Path) -> list[str]:
    return [str(NODE), str(PROGRAM), leg, "--url", url, "--output-dir", str(results), *options]


def run(command: list[str]) -> str:
    """Run it to its end and return what it printed. It fails wherever a check does, so that says nothing."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout + done.stderr


def findings(results: Path) -> Findings:
    """Return its findings, by scenario."""
    found = {}
    for file in results.glob("*/checks.json"):
        named = RESULT.fullmatch(file.parent.name)
        assert named, file
        found[named[1]] = problems(json.loads(file.read_text()))
    return found


def problems(checks: list[dict[str, Any]]) -> list[str]:
    """Return the failures. A warning, or a scenario that checked nothing, is one too; for the harness it is not."""
    wrong = [check for check in checks if check["status"] not in ("SUCCESS", "INFO")]
    told = [f"{check['id']}: {check['status']}: {check.get('errorMessage') or check['description']}" for check in wrong]
    succeeded = {check["id"] for check in checks if check["status"] == "SUCCESS"} - {SAYS_LITTLE}
    return told if told or succeeded else ["Nothing was checked."]
