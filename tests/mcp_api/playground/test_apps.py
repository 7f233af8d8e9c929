"""The page of a tool shows its app in a sandbox, and calls tools for it as the person."""

import json
import re
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Event, User
from mcp_api import App, Context, tool
from mcp_api.models import Policy
from mcp_api.playground.apps import ASKS, policy
from tests.mcp_api.playground.pages import post
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("debug", "isolated_registry")]

PAGE, CALL = "/tools/app/show_total", "/tools/app-call/add"


@pytest.fixture(autouse=True)
def declared(debug: None, isolated_registry: None) -> None:
    @tool(read_only=True, app=App(template="mcp_api/app.html", connect_domains="https://api.example.com"))
    def show_total(words: str = "") -> dict[str, str]:
        """Show the total."""
        return {"total": f"{words}</script><b>"}

    @tool(app=App(visibility="app"))
    def add(context: Context, number: int) -> str:
        """Add a number."""
        return f"{context.user} added {number}"

    @tool(app=App(template="mcp_api/app.html", visibility="model"))
    def for_models() -> str:
        """Do what no app may."""
        return "done"

    @tool
    def sure(context: Context) -> str:
        """Ask first."""
        return str(context.confirm("Sure?"))


def call(browser: Browser, body: Any, url: str = CALL) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    return browser.post(url, data, content_type="application/json")


def test_result_has_the_app_beside_it(browser: Browser) -> None:
    html = post(browser, "show_total", words="3")
    frame = re.search(r"<iframe[^>]*>", html)
    assert frame
    assert 'sandbox="allow-scripts"' in frame[0]
    assert f'data-src="{PAGE}"' in frame[0]
    data = re.search(r'<script id="app-data" type="application/json">(.*?)</script>', html)
    assert data
    sent = json.loads(data[1])
    assert sent["arguments"] == {"words": "3"}
    assert sent["result"]["structuredContent"] == {"total": "3</script><b>"}
    assert sent["tool"]["name"] == "show_total"


def test_result_of_a_tool_without_an_app_has_none(browser: Browser) -> None:
    assert "<iframe" not in post(browser, "echo", text="3")


def test_document_of_the_app_has_a_sandbox_and_a_policy_of_its_own(browser: Browser) -> None:
    response = browser.get(PAGE)
    directives = response["Content-Security-Policy"].split("; ")
    assert directives[:3] == ["sandbox allow-scripts", "default-src 'none'", "script-src 'unsafe-inline'"]
    assert "connect-src https://api.example.com" in directives
    assert "frame-ancestors 'self'" in directives
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response["Cache-Control"]
    assert "ui/initialize" in response.content.decode()


def test_policy_names_the_origins_that_the_app_declares() -> None:
    allowed = {
        "resourceDomains": ["https://a.example", "https://b.example"],
        "frameDomains": ["https://c.example"],
        "baseUriDomains": ["https://d.example"],
    }
    directives = policy(allowed).split("; ")
    for kind in ("script-src 'unsafe-inline'", "style-src 'unsafe-inline'", "img-src data:", "font-src"):
        assert f"{kind} https://a.example https://b.example" in directives
    assert {"frame-src https://c.example", "base-uri https://d.example", "connect-src 'none'"} <= set(directives)
    assert "font-src 'none'" in policy({}).split("; ")


def test_app_calls_a_tool_as_the_person(browser: Browser) -> None:
    result = call(browser, {"number": 3}).json()["result"]
    assert result["structuredContent"] == {"result": "ada added 3"}
    event = Event.objects.get(action="tools/call add")
    assert (event.username, event.client_name, event.outcome) == ("ada", "Tools page", "ok")


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"a"', "[" * 100_000, '{"number": 1e999}'])
def test_arguments_that_are_no_object_are_refused(browser: Browser, body: str) -> None:
    response = call(browser, body)
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


def test_wrong_arguments_are_an_error_of_the_tool(browser: Browser) -> None:
    result = call(browser, {"number": "many"}).json()["result"]
    assert result["isError"]
    assert "number" in result["content"][0]["text"]


def test_tool_that_asks_cannot_be_called_by_an_app(browser: Browser) -> None:
    result = call(browser, {}, "/tools/app-call/sure").json()["result"]
    assert result == {"content": [{"type": "text", "text": ASKS}], "isError": True}


@pytest.mark.parametrize("name", ["for_models", "nothing", "add/"])
def test_tool_that_is_not_for_apps_is_refused(browser: Browser, name: str) -> None:
    response = call(browser, {}, f"/tools/app-call/{name}")
    assert response.status_code == 404
    assert "There is no tool" in response.json()["error"]


def test_rule_of_the_operator_holds_for_the_app_and_its_calls(browser: Browser) -> None:
    for name in ("add", "show_total"):
        Policy.objects.create(kind="tool", name=name, enabled=False)
    assert call(browser, {"number": 3}).status_code == 404
    assert browser.get(PAGE).status_code == 404


@pytest.mark.parametrize("name", ["echo", "add", "nothing"])
def test_tool_without_a_page_has_no_document(browser: Browser, name: str) -> None:
    assert browser.get(f"/tools/app/{name}").status_code == 404


def test_strangers_and_other_sites_are_kept_out(ada: User, settings: Any) -> None:
    stranger = Browser()
    assert stranger.get(PAGE).status_code == stranger.post(CALL).status_code == 302
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(make_user("bob"))
    assert call(strict, {"number": 3}).status_code == 403
    strict.force_login(ada)
    settings.DEBUG = False
    assert strict.get(PAGE).status_code == 404
