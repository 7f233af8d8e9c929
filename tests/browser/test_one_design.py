"""In a real browser, admin and the pages for people look alike, in light and in dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PATIENCE_MS
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database
STYLE = """selector => (({backgroundColor, color, borderRadius, fontFamily}) =>
    ({backgroundColor, color, borderRadius, fontFamily}))(getComputedStyle(document.querySelector(selector)))"""
DARK, LIGHT = "rgb(16, 20, 28)", "rgb(238, 241, 246)"


@pytest.fixture(scope="module")
def site(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template, env={"SERVER_NAME": "City Library"}) as server:
        yield server


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, scheme: str, site: LiveServer) -> Iterator[Page]:
    """A tab of the administrator, on the page for a new password."""
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login/?next=/accounts/password/change/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    yield page
    context.close()


def style(page: Page, selector: str) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(STYLE, selector)
    return found


def background(page: Page) -> str:
    return style(page, "body")["backgroundColor"]


def test_page_and_primary_button_have_the_same_colours(page: Page, site: LiveServer, scheme: str) -> None:
    body, button, edged = style(page, "body"), style(page, "button.primary"), style(page, "a.button")
    page.goto(f"{site.url}/admin/oauth_mcp/client/add/")
    assert style(page, "body") == body
    assert body["backgroundColor"] == (DARK if scheme == "dark" else LIGHT)
    for selector, expected in ((".submit-row .default", button), ("input[name=_continue]", edged)):
        found = style(page, selector)
        assert (found["backgroundColor"], found["color"]) == (expected["backgroundColor"], expected["color"])


def test_scheme_that_is_chosen_in_admin_outweighs_that_of_the_system(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/admin/")
    seen = []
    for _ in range(3):
        page.get_by_role("button", name="Toggle theme").click()
        chosen = page.locator("html").get_attribute("data-theme")
        seen.append((chosen, background(page)))
    assert ("dark", DARK) in seen
    assert ("light", LIGHT) in seen


def test_header_has_the_name_of_the_server_and_the_way_back_to_it(page: Page, site: LiveServer) -> None:
    page.goto(f"{site.url}/admin/")
    expect(page.get_by_role("banner").get_by_role("link", name="City Library Administration")).to_be_visible()
    page.get_by_role("banner").get_by_role("link", name="View site").click()
    expect(page).to_have_url(f"{site.url}/")


def test_required_fields_have_a_mark_and_say_so(page: Page, site: LiveServer) -> None:
    expect(page.get_by_role("textbox", name="Current password required")).to_be_visible()
    page.goto(f"{site.url}/admin/oauth_mcp/client/add/")
    expect(page.get_by_role("textbox", name="Name: required")).to_be_visible()
    expect(page.get_by_role("textbox", name="Client URI:", exact=True)).to_be_visible()
    expect(page.locator(".required-mark [aria-hidden]").first).to_be_visible()
