"""All is done by keyboard alone: from left to right, and from right to left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible.conftest import Site
from tests.browser.accessible.keyboard import faults, press, tab_to
from tests.browser.conftest import DESKTOP, new_tab
from tests.support.oauth.http_client import REDIRECT_URI

pytestmark = pytest.mark.any_database


@pytest.fixture(params=["en", "ar"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with new_tab(browser, DESKTOP, locale=request.param) as tab:
        yield tab


def sign_in(page: Page, username: str = "demo", password: str = "demo123") -> None:
    """Sign in without the mouse, on the page that is open."""
    tab_to(page, "[name=login]")
    page.keyboard.type(username)
    tab_to(page, "[name=password]")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def test_person_signs_in_and_approves_an_app(page: Page, site: Site) -> None:
    page.route(f"{REDIRECT_URI}**", lambda route: route.fulfill(body="The app"))
    site.open(page, site.consent())
    sign_in(page)
    press(page, "[name=scope][value=write]", "Space")
    press(page, "[name=decision][value=approve]")
    page.wait_for_url(f"{REDIRECT_URI}**code=**")


def test_person_chooses_a_language_and_disconnects_an_app(page: Page, site: Site) -> None:
    site.open(page, "/accounts/login/")
    tab_to(page, ".languages select")
    page.keyboard.type("Deut")
    press(page, ".languages button")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    sign_in(page)
    client = site.server.shell(
        "from tests.support.factories import make_authorization, make_client\n"
        "client = make_client(name='Notes')\n"
        "make_authorization(User.objects.get(username='demo'), client)\n"
        "print(client.pk)"
    ).split()[-1]
    site.open(page, "/apps")
    assert faults(page) == []
    site.open(page, "/apps")
    press(page, f"button[name=client][value='{client}']")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(f"#app-{client}")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/accounts/email/", "/accounts/2fa/", "consent"])
def test_each_stop_on_pages_for_people_is_in_sight_and_in_order(page: Page, site: Site, path: str) -> None:
    site.sign_in(page)
    site.open(page, site.consent() if path == "consent" else path)
    assert faults(page) == []
