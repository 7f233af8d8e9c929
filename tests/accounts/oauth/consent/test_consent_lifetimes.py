"""The lifetime of a consent: the person chooses it, and no refresh extends it."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Authorization, Consent
from tests.support.flows import App, answer, ask, returned

pytestmark = pytest.mark.django_db


def let_in(browser: Browser, app: App, lifetime: str) -> str:
    """The code."""
    return returned(answer(browser, ask(browser, app), lifetime=lifetime))["code"]


@pytest.mark.parametrize(("lifetime", "hours"), [("hours", 8), ("month", 30 * 24)])
def test_access_ends_when_it_was_to_end(browser: Browser, app: App, lifetime: str, hours: int) -> None:
    let_in(browser, app, lifetime)
    authorization, consent = Authorization.objects.get(), Consent.objects.get()
    assert authorization.expires_at == consent.until
    lasts = authorization.expires_at - timezone.now() if authorization.expires_at else None
    assert lasts is not None
    assert abs(lasts - timedelta(hours=hours)) < timedelta(minutes=1)


def test_until_it_is_disconnected_is_the_choice_that_is_made_already(browser: Browser, app: App) -> None:
    returned(answer(browser, ask(browser, app)))
    assert Authorization.objects.get().expires_at is None


@pytest.mark.parametrize("lifetime", [None, "", "forever", "\u2603"])
def test_an_unknown_choice_grants_nothing(browser: Browser, app: App, lifetime: str | None) -> None:
    page = answer(browser, ask(browser, app), lifetime=lifetime)
    assert page.status_code == 400
    assert "Please choose for how long." in page.text
    assert not Authorization.objects.exists()


def test_a_refresh_does_not_extend_what_was_chosen(browser: Browser, app: App) -> None:
    tokens = app.exchange(let_in(browser, app, "hours")).json()
    Authorization.objects.update(expires_at=timezone.now() + timedelta(seconds=100))
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert 95 <= refreshed["expires_in"] <= 100
    authorization = Authorization.objects.get()
    [newest] = authorization.access_tokens.order_by("-pk")[:1]
    assert newest.expires <= (authorization.expires_at or newest.expires)
    Authorization.objects.update(expires_at=timezone.now())
    refused = app.refresh(refreshed["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_code_that_is_redeemed_when_the_time_is_over_is_refused(browser: Browser, app: App) -> None:
    code = let_in(browser, app, "hours")
    Authorization.objects.update(expires_at=timezone.now())
    refused = app.exchange(code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
