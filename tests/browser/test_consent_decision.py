"""The buttons of the consent page: in sight without scrolling, and pressed by nobody who did not mean to."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, Screenshot
from tests.browser.pages import Callback, assert_fits, sign_in
from tests.support.oauth.http_client import App, register
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

LAPTOP = ViewportSize(width=1280, height=720)
ELSEWHERE = [f"https://app{number}.example/callback" for number in range(5)]


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    size: ViewportSize = request.param
    return size


@pytest.fixture
def asked(page: Page, server: LiveServer, callback: Callback) -> Page:
    """A consent page longer than the window: all scopes, and an app with many addresses."""
    app = register(server, redirect_uris=[callback.url, *ELSEWHERE], client_name="Browser Test App").json()
    page.goto(App(server, app["client_id"], "").authorization_url(redirect_uri=callback.url, scope="read write"))
    sign_in(page)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    # The page's script is deferred: before it runs, Enter submits the form, as it does without scripts.
    page.wait_for_load_state()
    return page


def test_the_decision_and_the_destination_are_in_sight_at_once(asked: Page, screenshot: Screenshot) -> None:
    assert asked.evaluate("document.documentElement.scrollHeight > window.innerHeight + 100")
    expect(asked.get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
    expect(asked.get_by_role("button", name="Cancel")).to_be_in_viewport(ratio=1)
    expect(asked.get_by_text("127.0.0.1").first).to_be_in_viewport(ratio=1)
    assert_fits(asked)
    screenshot(asked, "consent-decision")


def test_lists_of_tools_are_folded_and_say_what_they_can_do(asked: Page) -> None:
    assert asked.locator("details[open]").count() == 0
    expect(asked.locator("summary").first).to_contain_text("tool")
    expect(asked.locator("summary").first).to_contain_text("Read-only")
    asked.locator("summary").first.click()
    expect(asked.get_by_role("listitem").filter(has_text="Get user info")).to_be_visible()


def test_enter_in_a_field_decides_nothing(asked: Page, callback: Callback) -> None:
    asked.evaluate("window.isTheSame = true")
    for role in ("checkbox", "radio"):
        asked.get_by_role(role).first.focus()
        asked.keyboard.press("Enter")
        asked.wait_for_timeout(200)
    assert asked.evaluate("window.isTheSame")
    assert callback.paths == []


def test_enter_in_a_field_decides_nothing_without_scripts_either(asked: Page, callback: Callback) -> None:
    asked.route("**/consent*.js", lambda route: route.abort())
    asked.reload()
    asked.get_by_role("checkbox").first.focus()
    asked.keyboard.press("Enter")
    expect(asked.get_by_role("alert")).to_contain_text("Please choose Approve or Cancel.")
    assert callback.paths == []


def test_a_field_that_has_the_focus_is_not_under_the_buttons(asked: Page) -> None:
    """WCAG 2.2, 2.4.11: "the component is not entirely hidden due to author-created content"."""
    last = asked.get_by_role("radio").last
    last.focus()
    covered = asked.locator(".actions").bounding_box()
    box = last.bounding_box()
    assert covered is not None
    assert box is not None
    assert box["y"] + box["height"] <= covered["y"]
