"""Browser sessions that strangers begin: limited in number, and deleted after a time."""

import secrets
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from config.stores import sessions
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

XHR = {"X-Requested-With": "XMLHttpRequest"}


PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/login/?next=/apps",
    "/accounts/reauthenticate/",
    "/accounts/password/reset/",
    "/accounts/2fa/webauthn/login/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sso/signup/",
    "/admin/",
    "/admin/login/",
    "/apps",
    "/oauth/authorize?client_id=x",
]


@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_begin_no_more_sessions_for_strangers_than_an_address_may(settings: Settings, method: str) -> None:
    settings.LIMITS = {**settings.LIMITS, "sessions_address": "2/hour"}
    statuses = [getattr(Browser(headers=XHR), method)(page).status_code for page in PAGES * 2]
    assert Session.objects.count() <= 2
    assert max(statuses) < 500


def test_starts_of_a_passkey_sign_in_are_limited_and_kept_for_an_hour(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "sessions_address": "3/hour"}
    page = reverse("mfa_login_webauthn")
    assert [Browser(headers=XHR).get(page).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert Session.objects.count() == 3
    soon = timezone.now() + sessions.ANONYMOUS + timedelta(minutes=1)
    assert not Session.objects.filter(expire_date__gt=soon).exists()


def test_an_office_at_one_address_signs_in_by_passkeys() -> None:
    page = reverse("mfa_login_webauthn")
    assert {Browser(headers=XHR).get(page).status_code for _ in range(30)} == {200}


def test_one_browser_needs_one_session_for_many_starts(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "sessions_address": "1/hour"}
    browser, page = Browser(headers=XHR), reverse("mfa_login_webauthn")
    assert {browser.get(page).status_code for _ in range(5)} == {200}
    assert Session.objects.count() == 1


def test_a_session_of_a_signed_in_person_keeps_its_lifetime(settings: Settings) -> None:
    make_user("ada", password=PASSWORD)
    Browser().post(reverse("account_login"), {"login": "ada", "password": PASSWORD})
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=13)


def test_a_form_that_waits_for_its_sender_to_sign_in_is_small(settings: Settings) -> None:
    page = reverse("mfa_add_webauthn")
    assert Browser().post(page, {"credential": "x" * 1000}).status_code == 302
    assert Browser().post(page, {"credential": secrets.token_urlsafe(30_000)}).status_code == 413
    assert Session.objects.count() == 1
    assert len(Session.objects.get().session_data) < 20_000


@pytest.mark.django_db(transaction=True)
def test_sessions_that_ended_are_deleted_when_another_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = timezone.now() - timedelta(seconds=1)
    Session.objects.bulk_create([Session(session_key=f"ended{number}", expire_date=ended) for number in range(50)])
    monkeypatch.setattr(sessions, "_last_cleanup", time.monotonic() - sessions.CLEANUP_SECONDS)
    Browser(headers=XHR).get(reverse("mfa_login_webauthn"))
    assert Session.objects.count() == 1
