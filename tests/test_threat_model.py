"""SECURITY.md names each attack, and tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

TESTS = Path(__file__).resolve().parent
THREATS = (TESTS.parent / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", THREATS)))
# The sections of the page at modelcontextprotocol.io, as of revision 2026-07-28.
OF_MCP = (
    "Confused deputy",
    "Token passthrough",
    "Server-side request forgery",
    "Session hijacking",
    "Local MCP server compromise",
    "OAuth authorization URL validation",
    "stdio transport security in proxy scenarios",
    "Scope minimization",
)

pytestmark = pytest.mark.any_database


def test_the_limits_that_it_names_are_the_ones_that_are_set() -> None:
    told = re.findall(r"the first (\d+) an hour", THREATS)
    assert [f"{number}/hour" for number in told] == [
        settings.LIMITS[name] for name in ("refusals_address", "refusals_total", "refusals_person")
    ]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_test_that_the_threat_model_names_is_there(path: str, name: str) -> None:
    assert name in names_in(path)


def test_each_attack_has_a_row_with_a_test() -> None:
    rows = re.findall(r"^\| (.+?) \|.*::test_\w+` \|$", THREATS, re.MULTILINE)
    assert [f"4.{section}" for section in range(1, 18)] == [row for row in rows if row.startswith("4.")]
    assert set(OF_MCP) <= set(rows)
    # The heads of the tables and their lines apart, no row goes without.
    assert len(rows) == len(re.findall(r"^\| (?!RFC 9700 |MCP |row )", THREATS, re.MULTILINE))
