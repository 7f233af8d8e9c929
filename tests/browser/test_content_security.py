"""In a real browser, no page breaks its own Content-Security-Policy, and people still get back to every client."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PATIENCE_MS
from tests.browser.pages import Callback, sign_in
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.http.certificates import make_certificate
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# One row of everything that has a page.
ROWS = """
from django.conf import settings
from accounts.models import Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
ada = make_user("ada", password="a-long-password")
make_tokens(make_authorization(ada, make_client(name="Cursor")), resource=f"{settings.PUBLIC_URL}/mcp")
Event.objects.create(kind="mcp", action="tools/call echo", username="ada", user_id=ada.pk, detail="x")
"""
# The operator approves the client that came last.
APPROVED = """
from accounts.models import Client
client = Client.objects.latest("pk")
Client.objects.filter(pk=client.pk).update(vouched_fingerprint=client.fingerprint)
"""
POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
# What a page's links do not lead to.
ALONE = (
    "/",
    "/admin/",
    "/apps",
    "/device",
    "/accounts/password/change/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/email/",
    "/accounts/inactive/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/sso/connections/",
    "/accounts/logout/",
    "/oauth/authorize?client_id=unknown",
    "/there-is-nothing-here",
)


@pytest.fixture(params=[DESKTOP])
def viewport(request: pytest.FixtureRequest) -> object:
    """One width: it does not change what a page may load."""
    return request.param


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template) as running:
        running.shell(ROWS)
        yield running


def kind_of(url: str) -> str:
    """A page's address without what tells rows and orders apart."""
    parts = urlsplit(url)
    return "/".join("…" if any(map(str.isdigit, part)) else part for part in parts.path.split("/"))


# The `href` of a link in an SVG is no text.
LINKS = "links => links.map(link => new URL(link.getAttribute('href'), location).href)"


def links_on(page: Page, server: LiveServer) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]", LINKS)
    return [link.split("#")[0] for link in found if link.startswith(f"{server.url}/")]


def test_no_page_breaks_its_policy(page: Page, server: LiveServer) -> None:
    """The tab itself watches (tests/browser/conftest.py): each page that links lead to is opened in it."""
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    seen: set[str] = set()
    waiting = [f"{server.url}{path}" for path in ALONE]
    while waiting:
        url = waiting.pop(0)
        kind = kind_of(url)
        if kind in seen or "export" in url:
            continue
        seen.add(kind)
        answer = page.goto(url)
        assert answer is not None
        headers = answer.headers
        assert set(headers["content-security-policy"].split("; ")) == POLICY, url
        assert "no-store" in headers["cache-control"], url
        if "/logout" not in url:
            waiting += links_on(page, server)

    assert len(seen) > 40, sorted(seen)


@pytest.fixture
def abroad(tmp_path: Path, callback: Callback) -> Iterator[str]:
    """A client on the web, whose callback sends people on to another site of its own: `callback`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{callback.url}?{urlsplit(self.path).query}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    certificate = make_certificate(tmp_path, ["app.test"])
    http = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://app.test:{http.server_port}/callback"
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that takes a certificate which nobody vouches for."""
    context = browser.new_context(viewport=DESKTOP, ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def url_for(server: LiveServer, redirect_uri: str, **changes: str) -> str:
    """Return the authorization URL of a client that registered `redirect_uri`."""
    registered = register(server, redirect_uris=[redirect_uri], **changes).json()
    return App(server, registered["client_id"], "").authorization_url(redirect_uri=redirect_uri)


def test_a_website_gets_its_answer_and_sends_the_person_on(
    tab: Page, server: LiveServer, abroad: str, callback: Callback
) -> None:
    """Chromium holds every redirect that follows a form to that page's form-action."""
    url = url_for(server, abroad)
    server.shell(APPROVED)
    tab.goto(url)
    sign_in(tab)
    tab.get_by_role("button", name="Approve").click()
    tab.wait_for_url(f"{callback.url}?**")
    assert "code" in callback.parameters

    # The operator approved the app, so the consent is remembered: now the answer follows the sign-in form at once.
    callback.paths.clear()
    tab.context.clear_cookies()
    tab.goto(url)
    sign_in(tab)
    tab.wait_for_url(f"{callback.url}?**")
    assert "code" in callback.parameters


def test_an_app_of_its_own_scheme_gets_its_answer(tab: Page, server: LiveServer) -> None:
    tab.goto(url_for(server, "com.example.app:/callback", token_endpoint_auth_method="none"))
    sign_in(tab)
    tab.get_by_role("button", name="Approve").click()
    opened = tab.get_by_role("link", name="Open the app").get_attribute("href") or ""
    assert opened.startswith("com.example.app:/callback?")
    assert "code" in parameters_of(opened)
