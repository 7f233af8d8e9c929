"""The server takes the same host from an address as Chromium does."""

from playwright.sync_api import Browser

from tests.support.http import addresses


def test_host_and_port_are_those_that_chromium_reads(browser: Browser) -> None:
    uris = addresses.generated()
    page = browser.new_page()
    addresses.assert_read_alike(uris, page.evaluate(addresses.READ_IN_JAVASCRIPT, uris))
