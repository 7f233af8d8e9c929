"""axe-core finds nothing on the pages of people and of admin, light and dark, on a desktop and on a phone."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import FOLDER, findings
from tests.browser.conftest import DESKTOP, PHONE, new_tab
from tests.clients.conftest import install_node_packages
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.oauth.http_client import REDIRECT_URI, App, register
from tests.support.server import LiveServer

pytestmark = pytest.mark.any_database

# A row of each model, a refused connection, and calls; printed are the primary keys by model.
ROWS = """
import json
from accounts.models import Event
from tests.support.admin_state import Rows
from tests.support.factories import make_authorization, make_client
rows = Rows()
demo = User.objects.get(username="demo")
make_authorization(demo, make_client(name="Claude", redirect_uris="https://claude.ai/cb", registration_source="dcr"))
named = {"client_id": rows.client.client_id, "client_name": rows.client.name, "address": "192.0.2.1"}
Event.objects.create(kind="authorization", outcome="refused", reason="mismatching_redirect_uri", **named)
for outcome, reason in (("ok", ""), ("failed", "tool_error"), ("refused", "insufficient_scope")):
    called = {"action": "tools/call echo", "token_id": 1, "duration_ms": 9, "authorization_id": rows.authorization.pk}
    Event.objects.create(
        kind="mcp", outcome=outcome, reason=reason, user_id=rows.person.pk, username="ada", **called, **named
    )
every = (rows.client, rows.person, rows.authorization.consent, rows.authorization, rows.access, rows.refresh,
         rows.grant, rows.event, rows.blocked, rows.group, rows.address, rows.factor, rows.social, rows.policy)
print(json.dumps({row._meta.label_lower: row.pk for row in every}))
"""
AROUND = (
    "",
    "oauth_mcp/event/attempts/",
    "oauth_mcp/event/activity/?tool=echo",
    "oauth_mcp/client/lookalikes/",
    "oauth_mcp/client/add/",
    "oauth_mcp/user/add/",
)
PEOPLE = (
    *(
        "/",
        "/apps",
        "/device",
        "/tools/",
        "/tools/echo",
        "/accounts/2fa/",
        "/accounts/email/",
        "/accounts/password/change/",
    ),
    *("/accounts/2fa/webauthn/", "/accounts/logout/", "/accounts/reauthenticate/", "/nowhere", "/oauth/authorize"),
)
CONFIRMED = ("/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/")
STRANGERS = ("/", "/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/")


class Site:
    """A server with a row of each model, and the paths of its pages."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.rows: dict[str, int] = json.loads(server.shell(ROWS))

    @property
    def admin(self) -> list[str]:
        """The paths of admin's pages: each list, each row's page, and those around them."""
        lists = [model.replace(".", "/") for model in self.rows]
        rows = [f"{model.replace('.', '/')}/{pk}" for model, pk in self.rows.items()]
        client, person = self.rows["oauth_mcp.client"], self.rows["oauth_mcp.user"]
        further = [f"oauth_mcp/client/{client}/{view}/" for view in ("history", "delete", "block")]
        further += [f"oauth_mcp/user/{person}/password/", "oauth_mcp/user/support/?q=a"]
        further += [f"oauth_mcp/user/support/?person={person}", f"oauth_mcp/user/support/?app={client}"]
        changes = [f"{row}/change/" for row in rows]
        return [f"/admin/{path}" for path in (*AROUND, *(f"{path}/" for path in lists), *changes, *further)]


@pytest.fixture(scope="module")
def site(template: Template) -> Iterator[Site]:
    install_node_packages(FOLDER)
    with LiveServer(template) as server:
        yield Site(server)


# Colours do not depend on the width, so two of the four combinations show all of both.
@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    with new_tab(browser, viewport, color_scheme=scheme) as tab:
        yield tab


def sign_in(page: Page, site: Site, username: str, password: str) -> None:
    page.goto(f"{site.server.url}/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def assert_accessible(page: Page, site: Site, paths: list[str]) -> None:
    found = {}
    for path in paths:
        page.goto(f"{site.server.url}{path}")
        found[path] = findings(page)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_pages_of_admin_are_accessible(page: Page, site: Site) -> None:
    sign_in(page, site, "admin", ADMIN_PASSWORD)
    assert_accessible(page, site, site.admin)


def test_pages_of_people_are_accessible(page: Page, site: Site) -> None:
    sign_in(page, site, "demo", "demo123")
    app = App(site.server, register(site.server, client_name="Reading Assistant").json()["client_id"], "")
    consent = app.authorization_url(redirect_uri=REDIRECT_URI, scope="read write").removeprefix(site.server.url)
    assert_accessible(page, site, [*PEOPLE, consent])


def test_pages_of_strangers_are_accessible(page: Page, site: Site) -> None:
    assert_accessible(page, site, [*STRANGERS])


def test_pages_behind_a_confirmation_are_accessible(page: Page, site: Site) -> None:
    sign_in(page, site, "demo", "demo123")
    page.goto(f"{site.server.url}/accounts/reauthenticate/")
    page.get_by_label("Password").fill("demo123")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state()
    assert_accessible(page, site, [*CONFIRMED])


def test_pages_with_errors_are_accessible(page: Page, site: Site) -> None:
    for _ in range(2):
        sign_in(page, site, "nobody", "wrong")
        assert findings(page) == []
    while page.get_by_role("heading", name="Too many attempts").count() == 0:
        sign_in(page, site, "nobody", "wrong")
    assert findings(page) == []
