"""In a real browser, the operator sees everything and decides everything in admin; and a person, on their own page."""

import json
import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# People with apps, some of which could not connect; printed are the tokens, by who they are of.
CONNECTED = """
import json
from django.conf import settings
from django.test import Client as Browser
from accounts.models import Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
resource = f"{settings.PUBLIC_URL}/mcp"
tokens = {}
for name in ("ada-1280", "ada-375"):
    person = make_user(name, password="a-long-password")
    for app in ("Claude Code", "Cursor"):
        client = make_client(name=f"{app} of {name}")
        tokens[f"{app} of {name}"] = make_tokens(make_authorization(person, client), resource=resource)[2]
    waiting = make_client(name=f"New app of {name}", approved_at=None, registration_source="dcr")
    for _ in range(3):
        make_client(name=f"Copy for {name}", redirect_uris="http://localhost:1234/x", registration_source="dcr")
    Event.objects.create(
        kind="authorization", outcome="refused", reason="mismatching_redirect_uri", client_id=client.client_id,
        client_name=client.name, user_id=person.pk, username=name, address="192.0.2.1",
    )
print(json.dumps(tokens))
"""


class Operated:
    """A server with people whose apps are connected, and what those apps have of it."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.url = server.url
        self.tokens: dict[str, str] = json.loads(server.shell(CONNECTED))

    def call(self, app: str, tool: str = "echo", **arguments: str) -> int:
        """The status with which the app's call is answered."""
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
        meta |= {"io.modelcontextprotocol/clientCapabilities": {}}  # type: ignore[dict-item]
        params = {"name": tool, "arguments": arguments or {"text": "hello"}, "_meta": meta}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {
            "Authorization": f"Bearer {self.tokens[app]}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        return httpx2.post(self.server.mcp_url, json=body, headers=headers).status_code


@pytest.fixture(scope="module")
def operated(template: Template) -> Iterator[Operated]:
    with LiveServer(template) as server:
        yield Operated(server)


@pytest.fixture
def person(viewport: dict[str, int]) -> str:
    return f"ada-{viewport['width']}"


def sign_in(page: Page, operated: Operated, path: str, username: str = "admin", password: str = ADMIN_PASSWORD) -> None:
    page.goto(f"{operated.url}{path}")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_tool_is_switched_off_and_on_again(page: Page, operated: Operated, person: str, screenshot: Screenshot) -> None:
    app = f"Cursor of {person}"
    assert operated.call(app, "get_time") == 200
    sign_in(page, operated, "/admin/mcp_api/policy/")
    screenshot(page, "policies")
    page.get_by_role("link", name="get_time").click()
    expect(page.get_by_text("Read-only")).to_be_visible()
    page.get_by_label("Enabled").uncheck()
    screenshot(page, "policy")
    assert_fits(page)
    page.get_by_role("button", name="Save", exact=True).click()
    assert operated.call(app, "get_time") == 400
    page.get_by_role("link", name="get_time").first.click()
    page.get_by_label("Enabled").check()
    page.get_by_role("button", name="Save", exact=True).click()
    assert operated.call(app, "get_time") == 200


def test_access_is_ended_from_the_row_of_a_call(
    page: Page, operated: Operated, person: str, screenshot: Screenshot
) -> None:
    app = f"Claude Code of {person}"
    assert operated.call(app) == 200
    sign_in(page, operated, f"/admin/oauth_mcp/event/?q={app.replace(' ', '+')}")
    screenshot(page, "events")
    page.locator("#result_list tbody th a").first.click()
    expect(page.get_by_role("link", name=person, exact=True)).to_be_visible()
    screenshot(page, "event")
    assert_fits(page)
    page.get_by_role("button", name="Revoke access…").click()
    expect(page.get_by_role("heading", name=f"Revoke access of {app}")).to_be_visible()
    screenshot(page, "revoke")
    assert_fits(page)
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_text(f"Access revoked: {app}")).to_be_visible()
    assert operated.call(app) == 401
    # The list itself has the buttons, too, and the page that they lead to leads back to it.
    page.goto(f"{operated.url}/admin/oauth_mcp/event/?q={app.replace(' ', '+')}")
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    page.get_by_role("button", name="Stop app").first.click()
    expect(page.get_by_role("button", name="Suspend, and revoke all access", exact=True)).to_be_visible()
    screenshot(page, "stop")
    assert_fits(page)
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_text(f"Stopped: {app}")).to_be_visible()
    expect(page.locator("#result_list tbody tr").first).to_contain_text(app)


def test_trail_is_exported_as_it_is_shown(page: Page, operated: Operated, person: str) -> None:
    operated.call(f"Cursor of {person}", text="x")
    sign_in(page, operated, f"/admin/oauth_mcp/event/?q={person}")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    exported = downloading.value.path().read_text()
    assert exported.startswith("id,at,kind")
    assert person in exported
    assert "Export JSON lines" in page.content()


def test_why_a_client_could_not_connect_is_found_from_the_front_page_of_admin(
    page: Page, operated: Operated, person: str, screenshot: Screenshot
) -> None:
    assert operated.call(f"Cursor of {person}") == 200
    sign_in(page, operated, "/admin/")
    expect(page.get_by_text("Calls a day")).to_be_visible()
    expect(page.locator("svg rect.bar-ok").first).to_be_visible()
    screenshot(page, "dashboard")
    assert_fits(page)
    page.get_by_role("link", name="Why did a connection fail?").click()
    attempt = page.locator("li.attempt").filter(has_text=f"Cursor of {person}").first
    expect(attempt).to_contain_text("refused at request")
    expect(attempt).to_contain_text("The redirect URI must be exactly one that the client registered")
    expect(attempt).to_contain_text("What to do:")
    screenshot(page, "attempts")
    assert_fits(page)


def test_new_app_waits_is_approved_and_copies_are_cleared_away(
    page: Page, operated: Operated, person: str, screenshot: Screenshot
) -> None:
    sign_in(page, operated, "/admin/")
    page.get_by_role("link", name=re.compile("waiting for approval")).click()
    screenshot(page, "clients-waiting")
    page.get_by_role("link", name=f"New app of {person}").click()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", name=f"Approve New app of {person}")).to_be_visible()
    screenshot(page, "approve")
    assert_fits(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Approved: New app of {person}")).to_be_visible()
    screenshot(page, "client")
    assert_fits(page)
    page.get_by_role("button", name="Rotate secret…").click()
    expect(page.get_by_text("The former one is accepted for another day")).to_be_visible()
    screenshot(page, "rotate")
    assert_fits(page)
    page.get_by_role("button", name="Rotate secret", exact=True).click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    secret = page.locator(".messagelist code").inner_text()
    assert len(secret) >= 64
    page.reload()
    assert secret not in page.content()

    page.goto(f"{operated.url}/admin/oauth_mcp/client/lookalikes/")
    screenshot(page, "lookalikes")
    assert_fits(page)
    page.get_by_label(f"Copy for {person}").check()
    page.get_by_role("button", name="Remove unused…").click()
    expect(page.get_by_role("heading", name="Remove 3 clients?")).to_be_visible()
    assert_fits(page)
    page.get_by_role("button", name="Remove unused").click()
    expect(page.get_by_text("3 unused clients removed.")).to_be_visible()


def test_person_sees_their_apps_and_disconnects_one(
    page: Page, operated: Operated, person: str, screenshot: Screenshot
) -> None:
    app = f"Cursor of {person}"
    assert operated.call(app) == 200
    sign_in(page, operated, "/apps", person, "a-long-password")
    shown = page.get_by_role("region", name=app)
    expect(shown).to_contain_text("last used")
    expect(page.locator("li.attempt").filter(has_text=app)).to_contain_text("The redirect URI must be exactly one")
    screenshot(page, "apps")
    assert_fits(page)
    shown.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Disconnected.")).to_be_visible()
    assert operated.call(app) == 401
