"""404 in JSON that names the right address, and a page for people."""

import pytest
from django.test import Client as Browser
from pytest_django import Settings

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HINTS = {
    "/register": "The endpoint is http://localhost/oauth/register.",
    "/token/": "The endpoint is http://localhost/oauth/token.",
    "/authorize": "The endpoint is http://localhost/oauth/authorize.",
    "/sse": "The HTTP+SSE transport is not served. The Streamable HTTP endpoint is http://localhost/mcp.",
    "/message": "The HTTP+SSE transport is not served. The Streamable HTTP endpoint is http://localhost/mcp.",
    "/messages/": "The HTTP+SSE transport is not served. The Streamable HTTP endpoint is http://localhost/mcp.",
    "/mcp/v1/sse": "The MCP endpoint is http://localhost/mcp.",
    "/mcp/.well-known/openid-configuration": "The MCP endpoint is http://localhost/mcp.",
    "/oauth/introspection": "http://localhost/.well-known/oauth-authorization-server lists the endpoints.",
    "/oauth/": "http://localhost/.well-known/oauth-authorization-server lists the endpoints.",
}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "hint"), HINTS.items())
@pytest.mark.parametrize("accept", ["application/json", "application/json, text/event-stream", "*/*", None])
@pytest.mark.parametrize("debug", [False, True])
def test_guessed_addresses_name_the_right_one_in_json(
    settings: Settings, path: str, hint: str, accept: str | None, debug: bool
) -> None:
    settings.DEBUG = debug
    headers = {} if accept is None else {"Accept": accept}
    browser = Browser(enforce_csrf_checks=True)
    posted = browser.post(path, {"client_name": "A"}, content_type="application/json", headers=headers)
    for response in (browser.get(path, headers=headers), posted):
        assert (response.status_code, response["Content-Type"]) == (404, "application/json")
        description = f"There is nothing at this address. {hint}"
        assert response.json() == {"error": "not_found", "error_description": description}
        assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "hint"), HINTS.items())
@pytest.mark.parametrize("debug", [False, True])
def test_browsers_get_a_page_with_the_right_address(settings: Settings, path: str, hint: str, debug: bool) -> None:
    settings.DEBUG = debug
    response = Browser().get(path, headers={"Accept": HTML})
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert hint in response.text


def test_every_other_unknown_address_is_answered_in_the_format_that_is_asked_for() -> None:
    programs = Browser().get("/unheard-of")
    assert programs.json() == {"error": "not_found", "error_description": "There is nothing at this address."}
    page = Browser().get("/unheard-of", headers={"Accept": HTML})
    assert "It may be mistyped" in page.text


@pytest.mark.parametrize("accept", ["", "text/html;q=x", ";;,,", "text/html;q=0", "\xff/*", "a/b;" * 500])
def test_malformed_accept_headers_are_no_error(accept: str) -> None:
    assert Browser().get("/sse", headers={"Accept": accept}).status_code == 404


def test_foreign_hosts_are_told_the_address_in_json(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    for path in ("/", "/oauth/token", "/unheard-of", "/.well-known/oauth-authorization-server"):
        response = Browser().get(path, headers={"Host": "evil.example"})
        assert response.status_code == 400
        description = "This server has another host name. Its address is http://localhost."
        assert response.json() == {"error": "invalid_request", "error_description": description}
        page = Browser().get(path, headers={"Host": "evil.example", "Accept": HTML})
        assert (page.status_code, page["Content-Type"].split(";")[0]) == (400, "text/html")
        assert "evil.example" not in response.text + page.text
