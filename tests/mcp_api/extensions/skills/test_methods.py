"""`skills/list`, `skills/get`, `resources/directory/read` and `resources/read`: what clients see of a skill."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Event
from mcp_api.extensions.skills import registry
from mcp_api.registry import tools
from mcp_api.testing import McpClient
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.extensions.skills.conftest import Write

pytestmark = pytest.mark.django_db

LEND = "skill://lend-books"
PICTURE = b"\x89PNG\xff"
FILES = {"references/rules.md": "# Rules", "references/de/ä b.md": "Regeln", "assets/cover.png": PICTURE}
FRONTMATTER = """---
name: lend-books
description: Lend a book.
metadata: {version: "1.0", none: null, list: [null, 1]}
---
"""


@pytest.fixture(autouse=True)
def skills(write: Write, load: Callable[[], None]) -> None:
    write("lend-books", FILES, skill_file=FRONTMATTER.replace("{", "{{").replace("}", "}}"))
    load()


def read(caller: Caller, uri: str) -> dict[str, Any]:
    [contents] = result_of(caller.modern("resources/read", {"uri": uri}))["contents"]
    return dict(contents)


def children(caller: Caller, uri: str) -> list[dict[str, Any]]:
    return list(result_of(caller.modern("resources/directory/read", {"uri": uri}))["resources"])


def test_capabilities_of_both_eras_name_the_extension(caller: Caller) -> None:
    offered = result_of(caller.modern("server/discover"))["capabilities"]
    assert offered["extensions"]["io.modelcontextprotocol/skills"] == {"directoryRead": True}
    assert "resources" in offered


def test_list_has_each_skill_with_its_frontmatter_and_all_files(caller: Caller) -> None:
    result = result_of(caller.modern("skills/list"))
    assert (result["resultType"], result["cacheScope"], result["ttlMs"]) == ("complete", "private", 60_000)
    lend, using = result["skills"]
    assert using["uri"] == "skill://using-this-server/SKILL.md"
    assert lend["uri"] == f"{LEND}/SKILL.md"
    assert lend["frontmatter"] == {
        "name": "lend-books",
        "description": "Lend a book.",
        "metadata": {"version": "1.0", "none": None, "list": [None, 1]},
    }
    assert {each["uri"] for each in lend["resources"]} == {
        f"{LEND}/SKILL.md",
        f"{LEND}/references/rules.md",
        f"{LEND}/references/de/%C3%A4%20b.md",
        f"{LEND}/assets/cover.png",
    }


def test_each_listed_file_is_read_with_its_digest_and_size(caller: Caller) -> None:
    for skill in result_of(caller.modern("skills/list"))["skills"]:
        for file in skill["resources"]:
            contents = read(caller, file["uri"])
            content = base64.b64decode(contents["blob"]) if "blob" in contents else contents["text"].encode()
            assert contents["uri"] == file["uri"]
            assert len(content) == file["size"]
            assert f"sha256:{hashlib.sha256(content).hexdigest()}" == file["digest"]


def test_skill_file_is_markdown_and_binary_files_are_blobs(caller: Caller) -> None:
    assert read(caller, f"{LEND}/SKILL.md") == {
        "uri": f"{LEND}/SKILL.md",
        "mimeType": "text/markdown",
        "text": FRONTMATTER,
    }
    assert read(caller, f"{LEND}/assets/cover.png") == {
        "uri": f"{LEND}/assets/cover.png",
        "mimeType": "image/png",
        "blob": base64.b64encode(PICTURE).decode(),
    }


def test_list_of_resources_has_skill_files_and_templates_the_others(caller: Caller) -> None:
    listed = {each["uri"]: each for each in result_of(caller.modern("resources/list"))["resources"]}
    assert listed[f"{LEND}/SKILL.md"] == {
        "uri": f"{LEND}/SKILL.md",
        "name": "lend-books",
        "title": "Lend books",
        "description": "Lend a book.",
        "mimeType": "text/markdown",
    }
    assert f"{LEND}/assets/cover.png" not in listed
    templates = result_of(caller.modern("resources/templates/list"))["resourceTemplates"]
    assert f"{LEND}/{{+path}}" in {each["uriTemplate"] for each in templates}


def test_get_returns_the_entry_of_the_list(caller: Caller) -> None:
    result = result_of(caller.modern("skills/get", {"uri": f"{LEND}/SKILL.md"}))
    assert result["skill"] == result_of(caller.modern("skills/list"))["skills"][0]
    assert (result["resultType"], result["cacheScope"], result["ttlMs"]) == ("complete", "private", 60_000)
    assert "nextCursor" not in result


def test_legacy_clients_have_the_methods_too(caller: Caller) -> None:
    assert len(result_of(caller.legacy("skills/list"))["skills"]) == 2
    assert result_of(caller.legacy("skills/get", {"uri": f"{LEND}/SKILL.md"}))["skill"]["uri"] == f"{LEND}/SKILL.md"
    assert len(result_of(caller.legacy("resources/directory/read", {"uri": LEND}))["resources"]) == 3
    error = error_of(caller.legacy("skills/get", {"uri": "skill://nothing/SKILL.md"}))
    assert error["code"] == -32602


@pytest.mark.parametrize("slash", ["", "/"])
def test_directory_has_its_direct_children(caller: Caller, slash: str) -> None:
    assert children(caller, LEND + slash) == [
        {
            "uri": f"{LEND}/SKILL.md",
            "name": "lend-books",
            "description": "Lend a book.",
            "mimeType": "text/markdown",
            "size": len(FRONTMATTER),
        },
        {"uri": f"{LEND}/assets", "name": "assets", "mimeType": "inode/directory"},
        {"uri": f"{LEND}/references", "name": "references", "mimeType": "inode/directory"},
    ]
    assert children(caller, f"{LEND}/references{slash}") == [
        {"uri": f"{LEND}/references/de", "name": "de", "mimeType": "inode/directory"},
        {"uri": f"{LEND}/references/rules.md", "name": "rules.md", "mimeType": "text/markdown", "size": 7},
    ]
    assert [each["uri"] for each in children(caller, f"{LEND}/references/de")] == [
        f"{LEND}/references/de/%C3%A4%20b.md"
    ]


def test_lists_are_paged(caller: Caller, settings: Settings) -> None:
    settings.LIST_PAGE_SIZE = 1
    for method, params, member in (
        ("skills/list", {}, "skills"),
        ("resources/directory/read", {"uri": LEND}, "resources"),
    ):
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            result = result_of(caller.modern(method, {**params, **cursor}))
            [entry] = result[member]
            found.append(entry["uri"])
            if "nextCursor" not in result:
                break
            cursor = {"cursor": result["nextCursor"]}
        assert len(found) == len(set(found)) == (2 if member == "skills" else 3)


def test_changed_file_is_served_as_it_was_listed(caller: Caller, write: Write) -> None:
    write("lend-books", {"references/rules.md": "Changed", "references/new.md": "New"})
    assert read(caller, f"{LEND}/references/rules.md")["text"] == "# Rules"
    assert error_of(caller.modern("resources/read", {"uri": f"{LEND}/references/new.md"}))["code"] == -32602


def test_calls_are_recorded_as_those_of_any_method(caller: Caller) -> None:
    caller.modern("skills/list")
    caller.modern("skills/get", {"uri": "skill://nothing/SKILL.md"})
    events = Event.objects.filter(kind=Event.Kind.MCP).order_by("pk").values_list("action", "outcome", "reason")
    assert list(events) == [("skills/list", "ok", ""), ("skills/get", "refused", "-32602")]


def test_test_client_reads_a_skill(caller: Caller) -> None:
    client = McpClient(caller.person)
    assert client.read(f"{LEND}/references/rules.md")["text"] == "# Rules"
    assert len(client.request("skills/list")["skills"]) == 2


def test_server_without_skills_lists_none(caller: Caller) -> None:
    registry.skills.clear()
    assert result_of(caller.modern("skills/list"))["skills"] == []
    assert "extensions" not in result_of(caller.modern("server/discover"))["capabilities"]


def test_skill_of_the_server_explains_each_tool_of_the_server(caller: Caller) -> None:
    text = read(caller, "skill://using-this-server/SKILL.md")["text"]
    ours = [tool for tool in tools.tools.values() if tool.function.__module__ == "mcp_api.mcp_tools"]
    assert {tool.name for tool in ours} == {"echo", "get_time", "get_user_info"}
    for tool in ours:
        [line] = [line for line in text.splitlines() if line.startswith(f"| `{tool.name}`")]
        assert all(f"`{name}`" in line for name, _, _ in tool.arguments.parameters())
