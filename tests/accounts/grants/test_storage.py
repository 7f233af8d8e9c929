"""Rows that strangers make the server store: bounded in size and number, and gone after a time (SECURITY.md)."""

import secrets
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.clients import public_keys
from accounts.clients import unused as unused_clients
from accounts.clients.metadata import MOST_STORED
from accounts.models import Allowance, CacheEntry, Client, ClientAssertion, Event
from accounts.people.passkeys import MOST_PASSKEYS, AddForm
from accounts.rate_limits import in_database
from config.stores import sessions
from tests.mcp_api.conftest import make_caller
from tests.support.factories import PASSWORD, make_authorization, make_client, make_user
from tests.support.flows import App, basic, post_token, register

pytestmark = pytest.mark.django_db

BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
POINT = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
XHR = {"X-Requested-With": "XMLHttpRequest"}


# --- Clients -------------------------------------------------------------------------------------


def keys(*members: dict[str, Any]) -> dict[str, Any]:
    return {**BY_KEY, "jwks": {"keys": [{**POINT, **each} for each in members]}}


@pytest.mark.parametrize(
    "metadata",
    [
        keys({"kid": "k" * 256}),
        keys({"use": "s" * 65}),
        {**BY_KEY, "jwks": {"keys": [{"kty": "RSA", "e": "AQAB", "n": "A" * 2732}]}},
        {**BY_KEY, "jwks": {"keys": [{"kty": "RSA", "e": "A" * 65, "n": "AQAB"}]}},
        keys(*[{"kid": str(number)} for number in range(public_keys.MOST_KEYS + 1)]),
        {"redirect_uris": [f"https://app.example/{number}{'x' * 1960}" for number in range(20)]},
        {"scope": "read " * 1000},
        {"client_name": "n" * 256},
    ],
    ids=["key id", "use", "modulus", "exponent", "keys", "all together", "scope", "name"],
)
def test_client_metadata_that_is_too_large_is_refused(metadata: dict[str, Any]) -> None:
    response = register(**metadata)
    assert response.status_code == 400
    assert response.json()["error"].startswith("invalid_")
    assert not Client.objects.exists()


def test_of_a_key_only_its_public_members_are_stored() -> None:
    answer = register(**keys({"kid": "one", "x5c": ["A" * 20_000], "invented": "A" * 20_000, "d": "secret"}))
    assert answer.status_code == 201
    assert Client.objects.get().jwks == {"keys": [{**POINT, "kid": "one"}]}


@pytest.mark.parametrize(
    "key",
    [{"kty": "oct", "alg": "none"}, {"kty": "oct", "k": "AA"}, {**POINT, "alg": "none"}, {"kty": []}, {}, None, 1],
)
def test_a_key_that_proves_nothing_is_refused_and_skipped_beside_a_good_one(key: Any) -> None:
    response = register(**{**BY_KEY, "jwks": {"keys": [key]}})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert register(**{**BY_KEY, "jwks": {"keys": [key, POINT]}}).status_code == 201
    assert Client.objects.get().jwks == {"keys": [POINT]}


def test_the_largest_metadata_that_is_taken_is_stored_whole() -> None:
    uris = [f"https://app.example/{number:02}{'x' * 1450}" for number in range(20)]
    assert register(redirect_uris=uris).status_code == 201
    assert MOST_STORED * 0.8 < len(Client.objects.get().redirect_uris) < MOST_STORED


def test_clients_that_nobody_lets_in_are_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused_clients, "MOST_UNUSED", {Client.RegistrationSource.DCR: 3})
    apps = [App.register() for _ in range(6)]
    make_authorization(make_user(), apps[0].row)
    Client.objects.filter(pk=apps[1].row.pk).update(suspended_at=timezone.now())
    by_hand = make_client()
    unused_clients.trim()
    left = set(Client.objects.values_list("client_id", flat=True))
    assert left == {by_hand.client_id, *(app.client_id for app in (apps[0], apps[1], *apps[3:]))}


def test_registering_trims_unused_clients_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(unused_clients, "MOST_UNUSED", {Client.RegistrationSource.DCR: 2})
    for _ in range(5):
        monkeypatch.setattr(unused_clients, "_checked", time.monotonic() - unused_clients.CHECK_SECONDS)
        assert register().status_code == 201
    assert Client.objects.count() == 2


# --- Allowances ----------------------------------------------------------------------------------


def test_clients_that_are_not_known_share_one_allowance() -> None:
    for number in range(20):
        post_token({"client_id": f"invented-{number}", "grant_type": "refresh_token"})
        post_token({"grant_type": "refresh_token"}, authorization=basic(f"by-basic-{number}", "x"))
    post_token({"client_id": "\x00", "grant_type": "refresh_token"})
    assert Allowance.objects.filter(name__startswith="tokens_client").count() == 1


def test_names_that_people_try_have_so_many_allowances_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        Browser().post(reverse("account_login"), {"login": f"name-{number}", "password": "wrong"})
    names = Allowance.objects.filter(name__startswith="sign_ins_elsewhere").values_list("name", flat=True)
    assert names
    for name in names:
        assert 0 <= int(name.split()[1], 16) < 2**16


@pytest.mark.django_db(transaction=True)
def test_allowances_that_are_whole_again_are_deleted_while_others_are_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns() // 1000
    old = [Allowance(name=f"tokens_client {number}", spent_until=now - 1) for number in range(1000)]
    Allowance.objects.bulk_create([*old, Allowance(name="spent", spent_until=now + 60_000_000)])
    monkeypatch.setattr(in_database, "_deleted_at", time.monotonic() - in_database.DELETION_SECONDS)
    post_token({"client_id": "whoever"})
    left = set(Allowance.objects.values_list("name", flat=True))
    assert "spent" in left
    assert len(left) < 10


# --- Sessions of browsers ------------------------------------------------------------------------

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


def test_one_browser_needs_one_session_however_often_it_starts(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "sessions_address": "1/hour"}
    browser, page = Browser(headers=XHR), reverse("mfa_login_webauthn")
    assert {browser.get(page).status_code for _ in range(5)} == {200}
    assert Session.objects.count() == 1


def test_a_session_in_which_somebody_signed_in_lasts_as_before(settings: Settings) -> None:
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


# --- Events --------------------------------------------------------------------------------------


def test_refusals_of_one_person_fill_no_audit_log(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "refusals_person": "3/hour"}
    caller = make_caller()
    for _ in range(8):
        caller.modern("tools/call", {"name": "unknown", "arguments": {}})
    told = list(Event.objects.filter(outcome="refused", username="ada").order_by("pk"))
    assert len(told) == 4
    assert "too many to be written one by one" in told[-1].detail


def test_every_text_of_an_event_is_cut_to_its_column() -> None:
    Browser(headers={"User-Agent": "a" * 5000}).post(
        "/oauth/token", {"client_id": "c" * 5000, "grant_type": "g" * 5000}
    )
    event = Event.objects.get(kind="token")
    size = sum(len(str(getattr(event, field.attname))) for field in Event._meta.concrete_fields)
    assert size < 2000


# --- What a person adds ----------------------------------------------------------------------------


def test_a_person_has_so_many_passkeys_and_addresses(settings: Settings) -> None:
    person = make_user()
    for number in range(MOST_PASSKEYS):
        Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": str(number)})
    form = AddForm(user=person, data={"name": "one more", "credential": "{}"})
    assert f"already have {MOST_PASSKEYS} passkeys" in str(form.errors)
    large = AddForm(user=make_user(), data={"name": "large", "credential": f'{{"a": "{"x" * 20_000}"}}'})
    assert "longer than" in str(large.errors["credential"])
    assert EmailAddress.objects.can_add_email(person)
    for number in range(settings.ACCOUNT_MAX_EMAIL_ADDRESSES):
        EmailAddress.objects.create(user=person, email=f"{number}@example.com")
    assert not EmailAddress.objects.can_add_email(person)


# --- What the server remembers for a while -----------------------------------------------------------


def test_the_cache_has_so_many_rows_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = caches["default"]
    assert cache._max_entries == 20_000
    monkeypatch.setattr(cache, "_max_entries", 50)
    for number in range(120):
        cache.set(f"key-{number}", number)
    assert CacheEntry.objects.count() <= 51


def test_assertions_that_expired_are_deleted() -> None:
    client, now = make_client(), timezone.now()
    for jti, expires in (("old", now - timedelta(seconds=1)), ("new", now + timedelta(hours=1))):
        ClientAssertion.objects.create(client=client, jti=jti, expires_at=expires)
    call_command("prune", stdout=StringIO())
    assert ClientAssertion.objects.get().jti == "new"
