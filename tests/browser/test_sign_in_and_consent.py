"""A person in a real browser signs in, reads who is asking, and approves or cancels."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import Callback, assert_fits, sign_in
from tests.support.oauth.http_client import App, register
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


def test_a_person_signs_in_and_approves(
    page: Page, server: LiveServer, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    screenshot(page, "sign-in")
    assert_fits(page)

    sign_in(page)

    expect(page.get_by_role("heading", name="Browser Test App")).to_be_visible()
    main = page.get_by_role("main")
    expect(main).to_contain_text("127.0.0.1")
    expect(main).to_contain_text("demo")
    expect(main).to_contain_text(server.mcp_url)
    expect(page.get_by_role("button", name="Not you?")).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_role("listitem").filter(has_text="Get user info")).to_contain_text("Read-only")
    screenshot(page, "consent")
    assert_fits(page)

    page.get_by_label("For 8 hours").check()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{callback.url}?**")

    returned = callback.parameters
    assert set(returned) == {"code", "state", "iss"}
    tokens = app.post_token(
        grant_type="authorization_code",
        code=returned["code"],
        redirect_uri=callback.url,
        code_verifier="a-verifier-of-at-least-forty-three-characters-0123456789",
    ).json()
    answer = app.call_tool(tokens["access_token"], "get_user_info").json()
    assert "demo" in answer["result"]["content"][0]["text"]
    [(ends_at, created_at)] = server.database.rows(
        "SELECT expires_at, created_at FROM oauth_mcp_authorization ORDER BY id DESC LIMIT 1"
    )
    assert ends_at is not None
    assert str(ends_at) > str(created_at)


def test_a_person_cancels(page: Page, server: LiveServer, app: App, callback: Callback) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url))
    sign_in(page)

    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{callback.url}?**")

    returned = callback.parameters
    assert returned["error"] == "access_denied"
    assert returned["state"] == "random123"
    assert returned["iss"] == server.url


def test_a_wrong_password_is_said_beside_the_form(
    page: Page, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url))

    sign_in(page, password="guessed")

    expect(page.get_by_role("alert")).to_be_visible()
    screenshot(page, "wrong-password")
    sign_in(page)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    assert callback.paths == []


def test_a_person_who_is_somebody_else_signs_out_and_comes_back(
    page: Page, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url))
    sign_in(page)

    page.get_by_role("button", name="Not you?").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    screenshot(page, "not-you")
    sign_in(page)
    expect(page.get_by_role("heading", name="Browser Test App")).to_be_visible()


def test_a_person_returns_to_an_app_that_was_refused_by_a_link_alone(
    page: Page, server: LiveServer, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url, code_challenge=None))
    sign_in(page)

    expect(page.get_by_role("heading", name="Return to 127.0.0.1")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("PKCE is required")
    screenshot(page, "offer-return")
    assert_fits(page)
    assert callback.paths == []

    page.get_by_role("link", name="Return to the app").click()
    page.wait_for_url(f"{callback.url}?**")
    assert callback.parameters["error"] == "invalid_request"
    assert callback.parameters["iss"] == server.url


def test_every_place_that_an_app_can_send_access_to_is_shown(
    page: Page, server: LiveServer, callback: Callback, screenshot: Screenshot
) -> None:
    uris = [callback.url, "https://attacker.test/cb", f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.test/cb"]
    registered = register(server, redirect_uris=uris, client_name="Claude").json()
    page.goto(App(server, registered["client_id"], "").authorization_url(redirect_uri=callback.url))
    sign_in(page)

    others = page.get_by_role("region", name="This app can also send access to")
    expect(others.get_by_role("listitem")).to_have_count(2)
    expect(others).to_contain_text("attacker.test")
    screenshot(page, "other-destinations")
    assert_fits(page)


def test_an_unregistered_redirect_is_explained_and_not_followed(
    page: Page, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url.replace("/callback", "/elsewhere")))

    expect(page.get_by_role("main")).to_contain_text("Invalid redirect_uri")
    screenshot(page, "invalid-redirect")
    assert_fits(page)
    assert callback.paths == []
