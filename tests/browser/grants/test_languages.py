"""Pages in each language: axe-core finds nothing on them, and all of their text is in sight."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from accounts.languages.offered import offered
from tests.browser.conftest import DESKTOP, new_tab
from tests.browser.grants.conftest import NARROW, Site
from tests.browser.grants.looks import faults
from tests.support.database import ADMIN_PASSWORD
from tests.support.oauth.http_client import REDIRECT_URI, App, register

pytestmark = pytest.mark.any_database

CODES = [code for code in offered() if code != "en"]
PEOPLE = ("", "apps", "device", "accounts/2fa/")
ADMIN = ("", "oauth_mcp/client/add/")


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest, code: str) -> Iterator[Page]:
    viewport = DESKTOP if request.param == "light" else NARROW
    with new_tab(browser, viewport, color_scheme=request.param, locale=code) as tab:
        yield tab


def sign_in(page: Page, site: Site) -> None:
    """Sign the superuser in, on a page whose words are those of another language."""
    page.goto(f"{site.url}/accounts/login/")
    page.locator("[name=login]").fill("admin")
    page.locator("[name=password]").fill(ADMIN_PASSWORD)
    page.locator("form button.primary").click()
    page.wait_for_load_state()


def consent_address(site: Site) -> str:
    app = register(site.server, client_name="Reading Assistant").json()
    return App(site.server, app["client_id"], "").authorization_url(redirect_uri=REDIRECT_URI, scope="read write")


@pytest.mark.parametrize("code", CODES)
def test_pages_are_in_sight_and_accessible_in_each_language(page: Page, site: Site, code: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    found = {"sign-in": faults(page)}
    expect(page.locator("html")).to_have_attribute("lang", code)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if code in settings.LANGUAGES_BIDI else "ltr")
    sign_in(page, site)
    addresses = [f"{site.url}/{path}" for path in PEOPLE]
    addresses += [consent_address(site), *(f"{site.url}/admin/{path}" for path in ADMIN)]
    for address in addresses:
        page.goto(address)
        found[address] = faults(page)
    assert {address: lines for address, lines in found.items() if lines} == {}
