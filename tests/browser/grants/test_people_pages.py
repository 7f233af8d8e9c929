"""Pages of people about grants: axe-core finds nothing on them, and all of their text is in sight."""

import httpx2
import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.grants.conftest import Site
from tests.browser.grants.looks import faults
from tests.browser.grants.rows import BILLING
from tests.support.oauth.devices import DEVICE_ALONE
from tests.support.oauth.http_client import REDIRECT_URI, App, register

pytestmark = pytest.mark.any_database

LONG_NAME = "Television of the reading room on the second floor of the north-western building"


def device_codes(site: Site) -> dict[str, str]:
    document = {name: value for name, value in DEVICE_ALONE.items() if value is not None}
    registered = httpx2.post(f"{site.url}/oauth/register", json={**document, "client_name": LONG_NAME}).json()
    asked = {"client_id": registered["client_id"], "scope": "read write"}
    headers = {"User-Agent": "Mozilla/5.0 " + "television/" * 12}
    codes: dict[str, str] = httpx2.post(f"{site.url}/oauth/device_authorization", data=asked, headers=headers).json()
    return codes


def consent_address(site: Site) -> str:
    app = register(site.server, client_name="Reading Assistant").json()
    scope = "read write invoices.read invoices.write"
    return App(site.server, app["client_id"], "").authorization_url(
        redirect_uri=REDIRECT_URI, scope=scope, resource=BILLING
    )


def test_apps_of_each_grant_are_in_sight_and_accessible(page: Page, site: Site) -> None:
    site.sign_in(page)
    page.goto(f"{site.url}/apps")
    for words in ("approved for another device", "by your company", "in exchange for another token"):
        expect(page.locator(".app").filter(has_text=words).first).to_be_visible()
    assert faults(page) == []


def test_consent_for_another_server_names_who_may_use_what_and_fits(page: Page, site: Site) -> None:
    site.sign_in(page)
    page.goto(consent_address(site))
    expect(page.get_by_role("region", name="Other servers that may be used on your behalf")).to_contain_text("Ledger")
    assert faults(page) == []


def test_parentheses_stay_with_the_host_that_they_enclose(page: Page, site: Site) -> None:
    site.sign_in(page)
    page.goto(consent_address(site))
    place = page.locator("h1 .at")
    expect(place).to_have_text("(consolidated-invoicing.north-western-region.example.com)")
    starts = place.evaluate(
        """element => [element.firstChild, element.querySelector("bdi").firstChild].map(node => {
            const range = document.createRange();
            range.setStart(node, 0);
            range.setEnd(node, 1);
            return Math.round(range.getBoundingClientRect().top);
        })"""
    )
    assert starts[0] == starts[1]


def test_expired_code_and_consent_for_a_long_name_fit(page: Page, site: Site) -> None:
    site.sign_in(page)
    link = device_codes(site)["verification_uri_complete"]
    page.goto(link)
    page.get_by_role("button", name="Continue").click()
    assert faults(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.goto(link)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("no longer valid")
    assert faults(page) == []


def test_page_and_no_dialog_asks_before_an_address_is_removed(page: Page, site: Site) -> None:
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    site.sign_in(page)
    page.goto(f"{site.url}/accounts/reauthenticate/")
    page.get_by_label("Password").fill("demo123")
    page.get_by_role("button", name="Confirm").click()
    page.goto(f"{site.url}/accounts/email/")
    page.get_by_label("a.very.long.name").check()
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("heading", name="Remove a.very.long.name")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("a.very.long.name")).to_be_visible()
    assert dialogs == []
