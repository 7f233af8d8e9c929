"""Authorization codes: the client that may redeem one, its lifetime, and its reuse."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.client_credentials.assertions import ASSERTION_TYPE
from accounts.models import AccessToken, Authorization, Client, Event, Grant, User
from tests.support.flows import App, approve, basic, post_token
from tests.support.oauth.pkce import VERIFIER
from tests.support.oauth.token_endpoint import exchange_by_header, is_refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "unknown"},
        {"client_id": "unknown", "client_secret": None},
        {"client_id": None, "client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE},
    ],
)
def test_a_client_that_fails_to_prove_itself_in_the_body_is_refused(
    app: App, code: str, changes: dict[str, str | None]
) -> None:
    """RFC 9110 section 15.5.2: "The server generating a 401 response MUST send a WWW-Authenticate header field"."""
    response = app.exchange(code, **changes)
    assert is_refused(response, "invalid_client", status=401)
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'


@pytest.mark.parametrize(
    ("changes", "authorization"),
    [
        ({"client_id": None}, ""),
        ({"client_id": ""}, ""),
        ({"client_id": None, "client_secret": None}, ""),
        ({"client_id": None, "client_secret": None}, basic("", "")),
        ({"client_id": None, "client_secret": None}, basic("", "secret")),
        ({"client_id": None, "client_secret": None}, "Bearer token"),
    ],
)
def test_a_request_without_a_client_is_told_what_is_missing(
    app: App, code: str, changes: dict[str, str | None], authorization: str
) -> None:
    """On `invalid_client`, the TypeScript SDK forgets its registration."""
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **app.credentials}
    response = post_token({**fields, **changes}, authorization=authorization)
    assert is_refused(response, "invalid_request")
    assert response.json()["error_description"].startswith("The client_id is missing: ")
    assert app.exchange(code).status_code == 200


def test_a_client_that_fails_to_prove_itself_in_the_header_is_challenged(app: App, code: str) -> None:
    """RFC 6749 section 5.2: "If the client attempted to authenticate via the "Authorization" request header field,
    the authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the
    "WWW-Authenticate" response header field matching the authentication scheme used by the client."."""
    attempts = [
        basic(app.client_id, "wrong"),
        basic(app.client_id, ""),
        basic("unknown", app.client_secret),
        basic(app.client_id, app.client_secret).replace("Basic ", "Basic !"),
        "Basic",
        "basic é",
    ]
    for attempt in attempts:
        response = exchange_by_header(app, code, attempt)
        assert is_refused(response, "invalid_client", status=401), attempt
        assert response["WWW-Authenticate"].startswith("Basic "), attempt


def test_the_header_and_the_body_must_not_name_different_clients(app: App, code: str) -> None:
    other = App.register()
    response = exchange_by_header(app, code, basic(other.client_id, other.client_secret), client_id=app.client_id)
    assert is_refused(response, "invalid_client", status=401)


def test_a_failed_attempt_does_not_consume_the_code(app: App, code: str) -> None:
    assert app.exchange(code, client_secret="wrong").status_code == 401
    assert app.exchange(code, resource="https://other.example.com").json()["error"] == "invalid_target"
    assert app.exchange(code, redirect_uri="http://localhost:8080/other").status_code == 400
    assert app.exchange(code).status_code == 200


def test_another_client_cannot_use_a_code(app: App, code: str) -> None:
    """RFC 6749 section 4.1.3: "The authorization server MUST [...] ensure that the authorization code was issued to
    the authenticated confidential client"."""
    assert is_refused(App.register().exchange(code), "invalid_grant")
    assert is_refused(App.register(token_endpoint_auth_method="none").exchange(code), "invalid_grant")
    assert app.exchange(code).status_code == 200


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        ("another-verifier-of-at-least-forty-three-characters-1", "invalid_grant"),
        ("short", "invalid_grant"),
        ("ä" * 43, "invalid_grant"),
        ("", "invalid_grant"),
        (None, "invalid_request"),
    ],
)
def test_a_code_cannot_be_redeemed_without_its_verifier(app: App, code: str, verifier: str | None, error: str) -> None:
    """RFC 7636 section 4.6: "If the values are not equal, an error response indicating "invalid_grant" [...] MUST be
    returned."."""
    assert is_refused(app.exchange(code, code_verifier=verifier), error)
    assert app.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri", ["http://localhost:9999/callback", "https://evil.example/callback", "nonsense"]
)
def test_a_redirect_uri_must_be_the_one_that_the_code_was_sent_to(app: App, code: str, redirect_uri: str) -> None:
    """RFC 6749 section 4.1.3: "ensure that their values are identical"."""
    response = app.exchange(code, redirect_uri=redirect_uri)
    assert is_refused(response, "invalid_grant")
    assert "Invalid redirect_uri" in response.json()["error_description"]


@pytest.mark.parametrize("code", ["unknown", "ä", "x" * 5000])
def test_an_unknown_code_is_refused(app: App, code: str) -> None:
    assert is_refused(app.exchange(code), "invalid_grant")


def test_a_code_expires_after_five_minutes(app: App, code: str) -> None:
    """Time to carry it to a remote shell by hand."""
    remaining = Grant.objects.get().expires - timezone.now()
    assert timedelta(minutes=4) < remaining <= timedelta(minutes=5)
    Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert is_refused(app.exchange(code), "invalid_grant")


def test_a_code_is_dead_once_its_authorization_was_revoked(app: App, code: str) -> None:
    Authorization.objects.update(revoked_at=timezone.now())
    assert is_refused(app.exchange(code), "invalid_grant")


def test_a_code_is_dead_while_the_person_is_suspended(app: App, code: str) -> None:
    User.objects.update(is_active=False)
    assert is_refused(app.exchange(code), "invalid_grant")


def test_a_suspended_client_is_refused(app: App, code: str) -> None:
    Client.objects.update(suspended_at=timezone.now())
    assert is_refused(app.exchange(code), "unauthorized_client")


def test_a_code_goes_with_its_person_and_its_client(app: App, code: str, person: User) -> None:
    person.delete()
    assert is_refused(app.exchange(code), "invalid_grant")
    app.row.delete()
    assert is_refused(app.exchange(code), "invalid_client", status=401)


def test_a_code_used_twice_ends_the_authorization_and_its_tokens(app: App, code: str) -> None:
    """RFC 6749 section 4.1.2: "If an authorization code is used more than once, the authorization server MUST deny
    the request and SHOULD revoke (when possible) all tokens previously issued based on that authorization code."."""
    tokens = app.exchange(code).json()
    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert not Authorization.objects.get().is_live
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert AccessToken.objects.count() == 1


def test_a_code_used_twice_leaves_an_event(app: App, code: str) -> None:
    app.exchange(code)
    app.exchange(code)
    event = Event.objects.get(kind=Event.Kind.REVOCATION)
    assert (event.reason, event.authorization_id) == ("code_reused", Authorization.objects.get().pk)


def test_the_operator_sets_the_lifetime_of_a_code(browser: Browser, app: App, settings: Settings) -> None:
    settings.AUTHORIZATION_CODE_EXPIRE_MINUTES = 1
    approve(browser, app)
    assert Grant.objects.get().expires <= timezone.now() + timedelta(minutes=1)


def test_a_code_is_used_up_even_when_its_time_is_over(app: App, code: str) -> None:
    app.exchange(code)
    Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    app.exchange(code)
    assert not Authorization.objects.get().is_live


def test_a_code_stolen_by_another_client_ends_nothing(app: App, code: str) -> None:
    app.exchange(code)
    App.register().exchange(code)
    assert Authorization.objects.get().is_live
