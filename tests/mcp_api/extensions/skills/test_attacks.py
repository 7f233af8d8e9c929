"""URIs that a client was never told: no path leads out of a skill's folder, and none fails in the server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_api.extensions.skills import registry
from tests.mcp_api.conftest import Caller, error_of
from tests.mcp_api.extensions.skills.conftest import Write

pytestmark = pytest.mark.django_db

LEND = "skill://lend-books"
METHODS = ("skills/get", "resources/directory/read", "resources/read")
SECRET = "not for clients"


@pytest.fixture(autouse=True)
def skills(write: Write, load: Callable[[], None], tmp_path: Path) -> None:
    write("lend-books", {"references/rules.md": "# Rules"})
    write("return-books", {"rules.md": "# Rules"})
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "skills" / "secret.txt").write_text(SECRET)
    load()
    # None of these is read when it is asked for.
    write("lend-books", {"added.md": SECRET, ".env": SECRET})
    (tmp_path / "skills" / "lend-books" / "link.txt").symlink_to(tmp_path / "secret.txt")


def refused(caller: Caller, method: str, uri: Any) -> None:
    response = caller.modern(method, {"uri": uri})
    assert (response.status_code, error_of(response)["code"]) == (400, -32602), response.content
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/../../secret.txt",
        "/references/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2f..%2fsecret.txt",
        "/.%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/../return-books/rules.md",
        "/%2e%2e/return-books/SKILL.md",
        "/../lend-books/SKILL.md",
        "/./SKILL.md",
        "/references/../SKILL.md",
        "//SKILL.md",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/etc/passwd",
        "/C:/secret.txt",
        "/SKILL.md%00.png",
        "/SKILL.md\x00",
        "/SKILL.md\n",
        "/%ff",
        "/%zz",
        "/skill.md",
        "/SKILL.md/",
        "/SKILL.md/x",
        "/SKILL.md?x=1",
        "/SKILL.md#x",
        "/references/rules.md/..",
        "/references//rules.md",
        "/references/ rules.md",
        "/.env",
        "/added.md",
        "/link.txt",
        "/..",
        "/.",
        "/references/..",
        "/nothing",
        "/" + "a" * 100_000,
        "/" + "../" * 10_000 + "etc/passwd",
        "/" + "%2e%2e/" * 10_000 + "etc/passwd",
    ],
)
def test_path_that_no_list_has_is_refused(caller: Caller, method: str, path: str) -> None:
    refused(caller, method, LEND + path)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "uri",
    [
        "",
        "skill",
        "skill:",
        "skill://",
        "skill:///SKILL.md",
        "skill:///lend-books/SKILL.md",
        "skill:lend-books/SKILL.md",
        "skill://../lend-books/SKILL.md",
        "skill://lend-books:80/SKILL.md",
        "skill://user@lend-books/SKILL.md",
        "skill://LEND-BOOKS/SKILL.md",
        "skill://lend-books%2fSKILL.md",
        "skill://lend%2dbooks/SKILL.md",
        "skill://lend-books\\SKILL.md",
        "skill://nothing/SKILL.md",
        "skill://{name}/SKILL.md",
        "skill://lend-books{+path}",
        "file:///etc/passwd",
        "/etc/passwd",
        "../secret.txt",
        "https://lend-books/SKILL.md",
        "SKILL.md",
        "ui://lend-books/SKILL.md",
    ],
)
def test_uri_that_is_no_skill_is_refused(caller: Caller, method: str, uri: str) -> None:
    refused(caller, method, uri)


@pytest.mark.parametrize("method", METHODS)
def test_lone_surrogate_is_no_json(caller: Caller, method: str) -> None:
    response = caller.modern(method, {"uri": f"{LEND}/\ud800"})
    assert (response.status_code, error_of(response)["code"]) == (400, -32700)


@pytest.mark.parametrize("method", METHODS[:2])
@pytest.mark.parametrize("uri", [None, 7, True, [], {}, [f"{LEND}/SKILL.md"]])
def test_uri_that_is_no_text_is_refused(caller: Caller, method: str, uri: Any) -> None:
    refused(caller, method, uri)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("skills/get", {}),
        ("resources/directory/read", {}),
        ("skills/list", {"cursor": 7}),
        ("skills/list", {"cursor": ""}),
        ("skills/list", {"cursor": "nonsense"}),
        ("skills/list", {"cursor": "A" * 100_000}),
        ("resources/directory/read", {"uri": LEND, "cursor": "nonsense"}),
        ("resources/directory/read", {"uri": LEND, "cursor": []}),
    ],
)
def test_parameters_that_do_not_fit_are_refused(caller: Caller, method: str, params: dict[str, Any]) -> None:
    response = caller.modern(method, params)
    assert (response.status_code, error_of(response)["code"]) == (400, -32602)


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("skills/get", LEND),
        ("skills/get", f"{LEND}/references"),
        ("skills/get", f"{LEND}/references/rules.md"),
        ("resources/directory/read", f"{LEND}/SKILL.md"),
        ("resources/directory/read", f"{LEND}/references/rules.md"),
        ("resources/directory/read", f"{LEND}//"),
        ("resources/read", LEND),
        ("resources/read", f"{LEND}/"),
        ("resources/read", f"{LEND}/references"),
    ],
)
def test_each_method_refuses_what_is_another_ones(caller: Caller, method: str, uri: str) -> None:
    refused(caller, method, uri)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["..", ".", "/", "%2e", "%2F", "\\", "SKILL.md", "references", "%00", "ä", "?", "#"])))
def test_only_paths_of_the_skill_are_found(pieces: list[str]) -> None:
    found = registry.find(LEND + "/" + "".join(pieces))
    if found is not None:
        resource, path = found
        assert resource.key == "lend-books"
        assert ".." not in path.split("/") or path not in resource.skill.files
        assert set(resource.skill.files) == {"SKILL.md", "references/rules.md"}
