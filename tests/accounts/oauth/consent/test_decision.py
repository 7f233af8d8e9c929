"""A person's decision on the consent page, and the response that the client gets."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import Authorization, Consent, Event, Grant, User
from tests.support.flows import ISSUER, REDIRECT_URI, RESOURCE, App, answer, approve, ask, left_for, returned
from tests.support.oauth.consent_pages import nothing_was_written
from tests.support.oauth.pkce import CHALLENGE

pytestmark = pytest.mark.django_db


def test_approve_returns_code_state_and_iss(browser: Browser, app: App) -> None:
    response = answer(browser, ask(browser, app))
    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert set(told) == {"code", "state", "iss"}
    assert (told["state"], told["iss"]) == ("random123", ISSUER)


def test_approve_writes_consent_authorization_and_grant(browser: Browser, person: User, app: App) -> None:
    code = approve(browser, app, scope="read write")

    consent = Consent.objects.get()
    assert (consent.user, consent.client, consent.scope) == (person, app.row, "read write")
    authorize = Authorization.objects.get()
    assert (authorize.consent, authorize.scope, authorize.is_live) == (consent, "read write", True)
    grant = Grant.objects.get()
    assert (grant.user, grant.application, grant.authorization) == (person, app.row, authorize)
    assert (grant.redirect_uri, grant.scope, grant.resource) == (REDIRECT_URI, "read write", [RESOURCE])
    assert (grant.code_challenge, grant.code_challenge_method) == (CHALLENGE, "S256")
    assert grant.expires <= timezone.now() + timedelta(minutes=10)
    assert (grant.code, grant.redeemed_at) == (checksum(code), None)


def test_approve_leaves_events_that_name_the_authorization(browser: Browser, person: User, app: App) -> None:
    approve(browser, app)
    approved, requested = Event.objects.filter(kind=Event.Kind.AUTHORIZATION)
    assert (requested.action, approved.action) == ("requested", "approved")
    assert approved.authorization_id == Authorization.objects.get().pk
    assert {event.user_id for event in (approved, requested)} == {person.pk}
    assert {event.client_id for event in (approved, requested)} == {app.client_id}


def test_a_second_approval_is_an_authorization_of_its_own_under_the_same_consent(browser: Browser, app: App) -> None:
    approve(browser, app, scope="read write")
    approve(browser, app, scope="read")
    assert Consent.objects.get().scope == "read"
    assert sorted(Authorization.objects.values_list("scope", flat=True)) == ["read", "read write"]


def test_cancel_returns_access_denied_with_state_and_iss(browser: Browser, app: App) -> None:
    response = answer(browser, ask(browser, app), "cancel")
    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "random123", ISSUER)
    assert "code" not in told
    assert nothing_was_written()


@pytest.mark.parametrize("decision", ["", "Approve", "yes"])
def test_neither_approve_nor_cancel_is_asked_again(browser: Browser, app: App, decision: str) -> None:
    response = browser.post(
        app.authorization_url(), {"shown": ask(browser, app).context["shown"], "decision": decision}
    )
    assert response.status_code == 400
    assert "Please choose Approve or Cancel." in response.text
    assert nothing_was_written()


@pytest.mark.parametrize("decision", ["approve", "cancel"])
@pytest.mark.parametrize(
    ("redirect_uri", "asked"),
    [
        ("https://app.example.com/callback?tenant=1", "https://app.example.com/callback?tenant=1"),
        ("http://localhost/callback", "http://localhost:51234/callback"),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:51234/"),
        ("http://[::1]/callback", "http://[::1]:51234/callback"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback"),
        ("com.example.app:/callback", "com.example.app:/callback"),
    ],
)
def test_the_answer_goes_to_the_very_address_that_was_asked_for(
    browser: Browser, redirect_uri: str, asked: str, decision: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    response = answer(browser, ask(browser, app, redirect_uri=asked), decision)
    assert left_for(response).startswith(asked)
    assert returned(response)["state"] == "random123"
    if "?" in asked:
        assert returned(response)["tenant"] == "1"


@pytest.mark.parametrize("state", ["", None, "ä ö", "a+b&c=d", "%00", "x" * 2000])
def test_the_state_returns_as_it_came(browser: Browser, app: App, state: str | None) -> None:
    told = returned(answer(browser, ask(browser, app, state=state)))
    assert told.get("state", "") == (state or "")


def test_without_a_public_url_iss_follows_the_loopback_host(browser: Browser, app: App, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "", ["127.0.0.1"]
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "OIDC_ISS_ENDPOINT": ""}
    headers = {"host": "127.0.0.1:9000"}
    url = app.authorization_url()
    form = {"shown": browser.get(url, headers=headers).context["shown"], "scope": "read", "lifetime": "open"}
    for decision in ("approve", "cancel"):
        response = browser.post(url, {**form, "decision": decision}, headers=headers)
        assert returned(response)["iss"] == "http://127.0.0.1:9000"
