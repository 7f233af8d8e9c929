"""An operator without a mouse: past the sidebar, a filter, an action on rows, a date, a form."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible.conftest import Site
from tests.browser.accessible.keyboard import faults, press, tab_to
from tests.browser.conftest import DESKTOP, new_tab

pytestmark = pytest.mark.any_database


@pytest.fixture(params=["en", "ar"])
def page(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of an operator."""
    with new_tab(browser, DESKTOP, locale=request.param) as tab:
        site.sign_in_as_operator(tab)
        yield tab


# A front page, a list with a period, a list with actions, and a form.
@pytest.mark.parametrize("model", ["", "event", "client", "client form"])
def test_each_stop_in_admin_is_in_sight_and_in_order(page: Page, site: Site, model: str) -> None:
    path = f"/admin/oauth_mcp/{model}/" if model else "/admin/"
    if model.endswith(" form"):
        model = f"oauth_mcp/{model.removesuffix(' form')}"
        path = f"/admin/{model}/{site.rows[model]}/change/"
    site.open(page, path)
    assert faults(page) == []


def test_first_stop_leads_past_the_sidebar(page: Page, site: Site) -> None:
    site.open(page, "/admin/oauth_mcp/client/")
    page.keyboard.press("Tab")
    skip = page.locator(".skip-to-content-link")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#content') !== null")


def test_period_is_typed_as_dates(page: Page, site: Site) -> None:
    site.open(page, "/admin/oauth_mcp/event/")
    tab_to(page, "[name=from]")
    page.keyboard.type("01022026")
    tab_to(page, ".period button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"from=2026-0[12]-0[12]"))


def test_form_is_saved_and_its_error_is_found(page: Page, site: Site) -> None:
    site.open(page, "/admin/auth/group/add/")
    press(page, "#content [name=_save]")
    expect(page.locator(".errornote")).to_be_visible()
    tab_to(page, "[name=name]")
    page.keyboard.type(f"Readers {page.locator('html').get_attribute('lang')}")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/admin/auth/group/$"))
    expect(page.locator(".messagelist .success")).to_be_visible()
