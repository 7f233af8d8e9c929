"""A person with two tabs, an app with a long state, and an app that asks for a new sign-in: in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import Callback, assert_fits, sign_in
from tests.support.oauth.http_client import App

pytestmark = pytest.mark.any_database


def test_whoever_signed_in_in_one_tab_goes_on_in_the_other(page: Page, app: App, callback: Callback) -> None:
    url = app.authorization_url(redirect_uri=callback.url)
    other = page.context.new_page()
    page.goto(url)
    other.goto(url)
    sign_in(page)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()

    sign_in(other)

    other.get_by_role("button", name="Approve").click()
    other.wait_for_url(f"{callback.url}?**")
    assert set(callback.parameters) == {"code", "state", "iss"}


def test_a_consent_page_is_shown_anew_after_not_you_in_another_tab(
    page: Page, app: App, callback: Callback, screenshot: Screenshot
) -> None:
    url = app.authorization_url(redirect_uri=callback.url)
    other = page.context.new_page()
    page.goto(url)
    sign_in(page)
    other.goto(url)
    page.get_by_role("button", name="Not you?").click()
    sign_in(page)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()

    other.get_by_role("button", name="Approve").click()

    expect(other.get_by_role("status")).to_contain_text("out of date")
    screenshot(other, "outdated-consent")
    assert_fits(other)
    assert callback.paths == []
    other.get_by_role("button", name="Approve").click()
    other.wait_for_url(f"{callback.url}?**")


def test_a_long_state_survives_the_sign_in_and_not_you(page: Page, app: App, callback: Callback) -> None:
    state = "/" * 1800
    page.goto(app.authorization_url(redirect_uri=callback.url, state=state))
    sign_in(page)
    page.get_by_role("button", name="Not you?").click()
    sign_in(page)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{callback.url}?**")
    assert callback.parameters["state"] == state


def test_a_person_proves_again_who_they_are(page: Page, app: App, callback: Callback, screenshot: Screenshot) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url))
    sign_in(page)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()

    page.goto(app.authorization_url(redirect_uri=callback.url, prompt="login", login_hint="demo"))

    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    screenshot(page, "confirm-it-is-you")
    assert_fits(page)
    page.get_by_role("button", name="Not you?").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{callback.url}?**")


def test_a_hint_fills_in_the_username(page: Page, app: App, callback: Callback) -> None:
    page.goto(app.authorization_url(redirect_uri=callback.url, login_hint="ada@example.com"))
    expect(page.get_by_label("Username")).to_have_value("ada@example.com")
