"""In a real browser, pages show times in the zone of that browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, PATIENCE_MS
from tests.browser.pages import sign_in
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


def test_the_page_of_apps_has_the_zone_of_the_browser(browser: Browser, server: LiveServer) -> None:
    context = browser.new_context(viewport=DESKTOP, timezone_id="Asia/Tokyo")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{server.url}/apps")
    sign_in(page)
    expect(page.get_by_role("main")).to_contain_text("Times are in Asia/Tokyo.")
    [cookie] = [each for each in context.cookies() if each["name"] == "time_zone"]
    assert (cookie["value"], cookie["sameSite"]) == ("Asia/Tokyo", "Lax")
    context.close()
