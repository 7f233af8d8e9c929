"""Frontmatter: what Agent Skills allow, and what every parser of YAML reads alike."""

from typing import Any

import pytest

from mcp_api.extensions.skills.frontmatter import parse, require_valid
from mcp_api.schemas.declaration_errors import DeclarationError

pytestmark = pytest.mark.any_database

NAMED = "name: lend\ndescription: Lend.\n"


def parsed(yaml: str, *, newline: str = "\n") -> dict[str, Any]:
    return parse(newline.join(("---", *yaml.splitlines(), "---", "", "# Text", "")).encode())


def test_each_value_that_json_has_is_kept() -> None:
    read = parsed(
        """name: lend
description: >-
  Lend
  books.
license: 'MIT'
metadata: {version: "1.0", date: "2026-01-31", answer: "yes"}
allowed-tools: [Read, "Bash(git:*)"]
more: [1, -2, 1.5, true, null, ~, {a: []}, 0x1F, text with spaces]
"""
    )
    assert read == {
        "name": "lend",
        "description": "Lend books.",
        "license": "MIT",
        "metadata": {"version": "1.0", "date": "2026-01-31", "answer": "yes"},
        "allowed-tools": ["Read", "Bash(git:*)"],
        "more": [1, -2, 1.5, True, None, None, {"a": []}, 31, "text with spaces"],
    }


@pytest.mark.parametrize(
    "content",
    [
        "---\nname: lend\n---",
        "---\r\nname: lend\r\n---\r\n\r\n# Text\r\n",
        "\ufeff---\nname: lend\n---\n",
        "---\nname: lend\n--- \t\n# Text\n\n---\n\nMore",
    ],
)
def test_frontmatter_ends_at_the_first_line_of_dashes(content: str) -> None:
    assert parse(content.encode()) == {"name": "lend"}


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "No",
        "on",
        "off",
        "2026-01-31",
        "2026-01-31 10:00:00",
        "012",
        "-07",
        "1_000",
        "12:30",
        "0b1",
        "0o7",
        "1e3",
        "<<",
        "=",
        "!!binary aGk=",
        "!!timestamp 2026-01-31",
    ],
)
def test_value_that_versions_of_yaml_read_differently_must_be_quoted(value: str) -> None:
    with pytest.raises(DeclarationError, match="Put it in quotes") as error:
        parsed(f"{NAMED}version: {value}")
    assert error.value.check == "mcp_api.E026"
    if not value.startswith("!"):
        assert parsed(f"{NAMED}version: '{value}'")["version"] == value


@pytest.mark.parametrize(
    ("yaml", "problem"),
    [
        ("a: .inf", "JSON has no inf"),
        ("a: !!timestamp '2026-01-31'", "JSON has no date"),
        ("a: !!set {b, c}", "JSON has no set"),
        ("a: &b [1]\nc: *b", "alias"),
        ("a: 1\na: 2", "twice"),
        ("1: a", "not a text"),
        ("null: a", "not a text"),
        ("[a]: b", "not YAML|not a text"),
        ("- a", "not a mapping"),
        ("text", "not a mapping"),
        ("a: [", "not YAML"),
        ("a: b: c", "not YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not YAML"),
        ("a: \x07", "not YAML"),
        (f"a: {'[' * 5000}", "too deeply|not YAML"),
    ],
)
def test_what_is_not_json_is_refused(yaml: str, problem: str) -> None:
    with pytest.raises(DeclarationError, match=problem):
        parsed(yaml)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# Text",
        b"\n---\nname: a\n---\n",
        b"---\nname: a\n",
        b"---\nname: a\n----\n",
        b"--- name: a ---",
        b"---\n---\n",
    ],
)
def test_file_must_begin_with_frontmatter(content: bytes) -> None:
    with pytest.raises(DeclarationError, match="does not begin"):
        parse(content)


def test_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(DeclarationError, match="not UTF-8"):
        parse("---\nname: bücher\n---\n".encode("latin-1"))


@pytest.mark.parametrize("name", ["a", "9", "lend-books", "a" * 64, "a-b-c-1"])
def test_name_may_have_letters_digits_and_single_hyphens(name: str) -> None:
    require_valid({"name": name, "description": "It."}, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 65,
        "Lend",
        "lend_books",
        "lend books",
        "-lend",
        "lend-",
        "lend--books",
        "bücher",
        "lend\n",
        "..",
        "a/b",
        None,
        7,
        True,
        ["lend"],
    ],
)
def test_other_names_are_refused(name: Any) -> None:
    with pytest.raises(DeclarationError, match="Its name is"):
        require_valid({"name": name, "description": "It."}, str(name))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "lent"}, "its folder is 'lend'"),
        ({"description": None}, "description"),
        ({"description": " \n"}, "description"),
        ({"description": "a" * 1025}, "description"),
        ({"description": ["a"]}, "description"),
        ({"license": 7}, "license"),
        ({"compatibility": "a" * 501}, "compatibility"),
        ({"compatibility": ""}, "compatibility"),
        ({"allowed-tools": [7]}, "allowed-tools"),
        ({"allowed-tools": {}}, "allowed-tools"),
        ({"metadata": "1.0"}, "metadata"),
        ({"metadata": None}, "metadata"),
        ({"metadata": {"io.modelcontextprotocol/x": "1"}}, "reserved"),
    ],
)
def test_fields_that_break_a_rule_are_refused(fields: dict[str, Any], problem: str) -> None:
    valid = {"name": "lend", "description": "Lend.", "license": "MIT", "metadata": {"version": "1"}}
    require_valid(valid, "lend")
    with pytest.raises(DeclarationError, match=problem):
        require_valid({**valid, **fields}, "lend")
