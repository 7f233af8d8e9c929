"""What the server takes for the host of an address is where Chromium would go."""

from playwright.sync_api import Browser

from tests import addresses


def test_host_and_port_are_those_that_chromium_reads(browser: Browser) -> None:
    uris = addresses.generated()
    page = browser.new_page()
    addresses.assert_read_alike(uris, page.evaluate(addresses.READ_IN_JAVASCRIPT, uris))
