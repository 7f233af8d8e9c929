"""The specification's own JSON schemas, which the harness brings along."""

import json
import subprocess
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator

from tests.clients.nodejs import NODE
from tests.conformance.harness import FOLDER, PROGRAM, SECONDS


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """By revision. The harness must be installed."""
    command = [str(NODE), str(FOLDER / "schemas.js"), str(PROGRAM)]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout
    return dict(json.loads(printed))


@cache
def _validator(revision: str, definition: str) -> Any:
    schema = schemas()[revision]
    kind, definitions = (Draft202012Validator, "$defs") if "$defs" in schema else (Draft7Validator, "definitions")
    assert definition in schema[definitions], f"{revision} defines no {definition}."
    return kind({**schema, "$ref": f"#/{definitions}/{definition}"})


def violations(revision: str, definition: str, value: Any) -> list[str]:
    """Return the violations of the schema of `definition`, in that revision, in `value`."""
    found = _validator(revision, definition).iter_errors(value)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found]
