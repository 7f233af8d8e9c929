"""Admin fits a phone and 1280 pixels, whatever names clients choose, and has its filters in reach."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

LONG = """
from accounts.models import Event
from tests.support.factories import make_authorization, make_client, make_user
client = make_client(name="x" * 255, redirect_uris="https://app.example.com/cb", registration_source="dcr")
person = make_user("ada.lovelace")
authorization = make_authorization(person, client, scope="read write")
for number in range(30):
    Event.objects.create(
        kind="mcp", action="tools/call search_invoices", outcome="refused", reason="insufficient_scope", duration_ms=12,
        client_id=client.client_id, client_name=client.name, user_id=person.pk, username=person.username,
        authorization_id=authorization.pk, address="192.0.2.1",
    )
print(client.pk)
"""


@pytest.fixture(scope="module")
def named_at_length(template: Template) -> Iterator[tuple[LiveServer, str]]:
    """A server with a client whose name is as long as it may be, and the path of that client's page."""
    with LiveServer(template) as server:
        yield server, f"/admin/oauth_mcp/client/{server.shell(LONG).strip()}"


@pytest.fixture
def signed_in(page: Page, named_at_length: tuple[LiveServer, str]) -> Page:
    page.goto(f"{named_at_length[0].url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    return page


def test_pages_of_a_client_with_a_long_name_fit(signed_in: Page, named_at_length: tuple[LiveServer, str]) -> None:
    server, client = named_at_length
    number = client.rpartition("/")[2]
    for path in ("change/", "block/", "delete/", "history/"):
        signed_in.goto(f"{server.url}{client}/{path}")
        assert_fits(signed_in)
    for path in (f"user/support/?app={number}", "event/activity/", "event/", "client/", "event/attempts/"):
        signed_in.goto(f"{server.url}/admin/oauth_mcp/{path}")
        assert_fits(signed_in)
    for button in ("Stop this app…", "Approve…"):
        signed_in.goto(f"{server.url}{client}/change/")
        signed_in.get_by_role("button", name=button).click()
        assert_fits(signed_in)


@pytest.mark.parametrize("model", ["event", "authorization"])
def test_lists_show_all_their_columns(
    signed_in: Page, named_at_length: tuple[LiveServer, str], model: str, screenshot: Screenshot
) -> None:
    signed_in.goto(f"{named_at_length[0].url}/admin/oauth_mcp/{model}/")
    screenshot(signed_in, f"list-{model}")
    widths = signed_in.locator(".results").evaluate("list => [list.scrollWidth, list.clientWidth]")
    assert widths[0] <= widths[1]


def test_last_month_is_in_sight_and_filters_are_above_the_list(
    signed_in: Page, named_at_length: tuple[LiveServer, str]
) -> None:
    signed_in.goto(f"{named_at_length[0].url}/admin/oauth_mcp/event/")
    filters = signed_in.locator("#changelist-filter")
    is_phone = signed_in.evaluate("innerWidth") < 768
    if is_phone:
        expect(filters.locator("details[open]")).to_have_count(1)
    box = filters.get_by_role("link", name="Last month").bounding_box()
    first = signed_in.locator("#result_list tbody tr").first.bounding_box()
    assert box
    assert first
    assert box["y"] < first["y"] if is_phone else box["y"] < 800
    filters.get_by_role("link", name="Last month").click()
    expect(signed_in).to_have_url(re.compile("from=.*to="))
