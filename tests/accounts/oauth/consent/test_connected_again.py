"""A consent for an app that is connected already, and the page that leads back to the app."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Authorization, User
from tests.support.flows import App, answer, approve, ask
from tests.support.oauth.consent_pages import WEB

pytestmark = pytest.mark.django_db

AGAIN = "You connected this app on"


def test_the_page_says_that_the_app_is_connected(browser: Browser, app: App) -> None:
    assert AGAIN not in ask(browser, app).text
    approve(browser, app)
    assert f"{AGAIN} {timezone.localdate():%-d %B %Y}" in ask(browser, app).text


def test_an_app_that_was_disconnected_is_not_connected(browser: Browser, app: App) -> None:
    approve(browser, app)
    Authorization.objects.update(revoked_at=timezone.now())
    assert AGAIN not in ask(browser, app).text


def test_another_persons_connection_does_not_count(browser: Browser, person: User, app: App) -> None:
    approve(browser, app)
    other = App.register()
    assert AGAIN not in ask(browser, other).text


@pytest.mark.parametrize("redirect_uri", [WEB, "com.example.app:/callback"])
@pytest.mark.parametrize(("decision", "title"), [("approve", "Connected"), ("cancel", "Cancelled")])
def test_the_page_that_leads_back_says_what_was_decided(
    browser: Browser, redirect_uri: str, decision: str, title: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    page = ask(browser, app)
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    left = answer(browser, page, decision)
    assert f"<h1>{title}</h1>" in left.text
    assert 'http-equiv="refresh"' in left.text
