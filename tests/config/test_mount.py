"""The application below the path of PUBLIC_URL: WSGI and ASGI."""

from collections.abc import Iterable
from typing import Any

import pytest

from config import mount


@pytest.fixture(autouse=True)
def _below_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mount, "PREFIX", "/tools")


def environ_of(script_name: str, path: str) -> tuple[str, str] | str:
    """Return what the application finds, or the status of the refusal."""
    found: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found.append((environ["SCRIPT_NAME"], environ["PATH_INFO"]))
        return []

    environ = {"REQUEST_METHOD": "POST", "SCRIPT_NAME": script_name, "PATH_INFO": path}
    mount.below_prefix(application)(environ, lambda status, headers: found.append(status))
    return found[0]


@pytest.mark.parametrize(("script_name", "path"), [("", "/tools/mcp"), ("/tools", "/mcp"), ("/to", "ols/mcp")])
def test_wsgi_server_may_have_split_the_path(script_name: str, path: str) -> None:
    assert environ_of(script_name, path) == ("/tools", "/mcp")


@pytest.mark.parametrize(("script_name", "path"), [("", "/mcp"), ("/other", "/mcp"), ("/other", "/tools/mcp")])
def test_wsgi_refuses_other_paths(script_name: str, path: str) -> None:
    assert environ_of(script_name, path) == "404 Not Found"


@pytest.mark.parametrize(
    "scope",
    [{"path": "/tools/mcp"}, {"path": "/tools/mcp", "root_path": "/tools"}, {"path": "/mcp", "root_path": "/tools"}],
)
def test_asgi_server_may_know_the_path(scope: dict[str, str]) -> None:
    assert mount.scope_below_prefix(scope) == {"path": "/tools/mcp", "root_path": "/tools"}


def test_asgi_refuses_other_paths() -> None:
    assert mount.scope_below_prefix({"path": "/mcp", "root_path": ""}) is None
