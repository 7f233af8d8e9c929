"""The path of PUBLIC_URL, and requested paths below it."""

import pytest
from django.test import override_settings

from accounts.http.mount import path_below, path_info, prefix_of, stays_below, well_known

KNOWN = "/.well-known/"


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("", ""),
        ("https://example.com", ""),
        ("https://example.com/tools", "/tools"),
        ("http://localhost:9000/a/b.c", "/a/b.c"),
        # These are errors (accounts.E003).
        ("https://example.com/", ""),
        ("https://example.com/tools/", ""),
        ("https://example.com/../tools", ""),
        ("https://[::1", ""),
    ],
)
def test_path_of_public_url(url: str, prefix: str) -> None:
    assert prefix_of(url) == prefix


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("/tools", "/"),
        ("/tools/", "/"),
        ("/tools/mcp", "/mcp"),
        ("/tools/tools/", "/tools/"),
        ("/tools//mcp", "//mcp"),
        (f"{KNOWN}oauth-authorization-server/tools", f"{KNOWN}oauth-authorization-server"),
        (f"{KNOWN}oauth-authorization-server/tools/", f"{KNOWN}oauth-authorization-server"),
        (f"{KNOWN}oauth-protected-resource/tools/mcp", f"{KNOWN}oauth-protected-resource/mcp"),
        (f"{KNOWN}openid-configuration/tools", f"{KNOWN}openid-configuration"),
        ("/health", "/health"),
        ("/health/ready/", "/health/ready/"),
        ("", None),
        ("/", None),
        ("/mcp", None),
        ("//tools/mcp", None),
        ("/toolsmcp", None),
        ("/Tools/mcp", None),
        ("/healthy", None),
        (f"{KNOWN}oauth-authorization-server", None),
        (f"{KNOWN}oauth-protected-resource/mcp", None),
        (f"{KNOWN}oauth-protected-resource/health", None),
        (KNOWN * 500, None),
    ],
)
def test_part_of_a_requested_path(path: str, below: str | None) -> None:
    assert path_below(path, "/tools") == below


@pytest.mark.parametrize(
    ("scope", "below"),
    [
        ({"path": "/mcp"}, "/mcp"),
        ({"path": "/mcp", "root_path": ""}, "/mcp"),
        ({"path": "/tools/mcp", "root_path": "/tools"}, "/mcp"),
        ({"path": "/mcp/mcp", "root_path": "/mcp"}, "/mcp"),
        ({}, "/"),
    ],
)
def test_path_of_a_scope(scope: dict[str, str], below: str) -> None:
    assert path_info(scope) == below


@pytest.mark.parametrize(
    ("url", "document"),
    [
        ("https://example.com", "https://example.com/.well-known/x"),
        ("https://example.com/mcp", "https://example.com/.well-known/x/mcp"),
        ("https://example.com:8443/a/b", "https://example.com:8443/.well-known/x/a/b"),
    ],
)
def test_well_known_uri_string_is_inserted_between_the_host_and_the_path(url: str, document: str) -> None:
    """RFC 8414 section 3.1."""
    assert well_known(url, "x") == document


def test_at_the_root_every_path_is_of_this_server() -> None:
    assert stays_below("/anything", "")


@pytest.mark.parametrize("url", ["/tools", "/tools/", "/tools/a/../b", "apps/", "https://localhost/tools/x"])
def test_address_below_the_path(url: str) -> None:
    assert stays_below(url, "/tools")


@pytest.mark.parametrize(
    "url",
    ["/", "/other", "/tools/..", "/tools/%2E%2e/x", "/tools/..%2Fother", "/tools/..%5cother", "\\other", "http://["],
)
def test_address_beside_the_path(url: str) -> None:
    assert not stays_below(url, "/tools")


@override_settings(FORCE_SCRIPT_NAME="/tools")
def test_path_info_is_below_the_script_name_of_a_site() -> None:
    assert path_info({"path": "/tools/mcp", "root_path": ""}) == "/mcp"
