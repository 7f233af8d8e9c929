"""The token endpoint: the exchange of a code, refused requests, and secrets at rest and in the log."""

import json
import logging
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Event, Grant, RefreshToken, User
from accounts.oauth.token import TokenView
from tests.support.flows import FORM, RESOURCE, App, Value, approve, basic, post_form, post_token, register
from tests.support.oauth.pkce import VERIFIER
from tests.support.oauth.token_endpoint import exchange_by_header, is_refused

pytestmark = pytest.mark.django_db


def test_a_code_is_redeemed_for_a_pair_of_tokens(app: App, code: str) -> None:
    response = app.exchange(code)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    tokens = response.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 1800, "read write")
    assert tokens["access_token"] != tokens["refresh_token"]


def test_tokens_are_never_cached(app: App, code: str) -> None:
    """RFC 6749 section 5.1: "The authorization server MUST include the HTTP "Cache-Control" response header field
    with a value of "no-store" in any response containing tokens"."""
    assert app.exchange(code)["Cache-Control"] == "no-store"


def test_both_tokens_belong_to_the_authorization_that_was_approved(app: App, code: str, person: User) -> None:
    app.exchange(code)
    authorization = Authorization.objects.get()
    for token in (AccessToken.objects.get(), RefreshToken.objects.get()):
        assert (token.authorization, token.user, token.application) == (authorization, person, app.row)
        assert (token.scope, token.resource) == ("read write", [RESOURCE])
    assert Grant.objects.get().redeemed_at is not None


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize("used", ["client_secret_basic", "client_secret_post"])
def test_a_secret_counts_in_the_header_and_in_the_body_alike(browser: Browser, method: str, used: str) -> None:
    app = App.register(token_endpoint_auth_method=method)
    code = approve(browser, app)
    if used == "client_secret_post":
        assert app.exchange(code).status_code == 200
    else:
        assert exchange_by_header(app, code, basic(app.client_id, app.client_secret)).status_code == 200


def test_a_client_without_a_secret_proves_itself_by_pkce_alone(browser: Browser) -> None:
    app = App.register(token_endpoint_auth_method="none")
    assert app.client_secret == ""
    assert app.exchange(approve(browser, app)).status_code == 200


def test_the_redirect_uri_may_be_left_out(app: App, code: str) -> None:
    """OAuth 2.1 section 4.1.3 no longer asks for it at the token endpoint."""
    assert app.exchange(code, redirect_uri=None).status_code == 200


@pytest.mark.parametrize("resource", [None, RESOURCE, f"{RESOURCE}/", [RESOURCE, f"{RESOURCE}/"]])
def test_our_resource_may_be_named_or_left_out(app: App, code: str, resource: Value) -> None:
    assert app.exchange(code, resource=resource).status_code == 200
    assert AccessToken.objects.get().resource == [RESOURCE]


def test_unknown_parameters_are_ignored(app: App, code: str) -> None:
    """RFC 6749 section 3.2: "The authorization server MUST ignore unrecognized request parameters."."""
    assert app.exchange(code, audience="anything", scope="admin").json()["scope"] == "read write"


def test_the_settings_set_the_lifetime_of_tokens(
    app: App, code: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifetime = {"ACCESS_TOKEN_EXPIRE_SECONDS": 120, "ALWAYS_RELOAD_OAUTHLIB_CORE": True}
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, **lifetime}
    # The toolkit keeps what it made from the settings on the view: afterwards the former one is put back.
    monkeypatch.setattr(TokenView, "_oauthlib_core", None, raising=False)
    before = timezone.now()
    assert app.exchange(code).json()["expires_in"] == 120
    expires = AccessToken.objects.get().expires
    assert before + timedelta(seconds=120) <= expires <= timezone.now() + timedelta(seconds=120)


def test_a_client_that_did_not_register_for_refreshing_is_given_no_refresh_token(browser: Browser) -> None:
    app = App.register(grant_types=["authorization_code"])
    tokens = app.connect(browser)
    assert "refresh_token" not in tokens
    assert not RefreshToken.objects.exists()


def test_an_exchange_leaves_an_event(app: App, code: str, person: User) -> None:
    app.exchange(code)
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.outcome, event.action) == ("ok", "authorization_code")
    assert (event.user_id, event.client_id) == (person.pk, app.client_id)
    assert (event.authorization_id, event.token_id) == (Authorization.objects.get().pk, AccessToken.objects.get().pk)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/token/"])
def test_the_address_may_end_in_a_slash(app: App, code: str, path: str) -> None:
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **app.credentials}
    assert post_form(path, fields).status_code == 200


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "openid",
        "Authorization_Code",
        "nonsense",
    ],
)
def test_other_grants_are_unsupported(app: App, code: str, grant_type: str) -> None:
    response = app.exchange(code, grant_type=grant_type, username="ada", password="secret")
    assert is_refused(response, "unsupported_grant_type")


@pytest.mark.parametrize("grant_type", [None, ""])
def test_a_grant_type_that_is_missing_is_refused(app: App, code: str, grant_type: str | None) -> None:
    assert is_refused(app.exchange(code, grant_type=grant_type), "unsupported_grant_type")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_the_endpoints_take_posts_alone(method: str, path: str) -> None:
    """RFC 6749 section 3.2: "The client MUST use the HTTP "POST" method when making access token requests."."""
    response = getattr(Browser(), method)(path)
    assert response.status_code == 405
    assert "POST" in response["Allow"]
    assert response["Content-Type"] == "application/json"


def test_a_json_body_is_refused_with_what_to_send_instead(app: App, code: str) -> None:
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **app.credentials}
    response = Browser().post("/oauth/token", json.dumps(fields), content_type="application/json")
    assert is_refused(response, "invalid_request")
    assert FORM in response.json()["error_description"]


def test_parameters_in_the_address_are_refused(app: App, code: str) -> None:
    """RFC 6749 section 2.3.1: "The parameters can only be transmitted in the request-body and MUST NOT be included
    in the request URI."."""
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    response = post_form(f"/oauth/token?client_id={app.client_id}&client_secret={app.client_secret}", fields)
    assert is_refused(response, "invalid_request")


@pytest.mark.parametrize(
    "name", ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "client_assertion"]
)
def test_a_duplicate_parameter_is_refused(app: App, code: str, name: str) -> None:
    """RFC 6749 section 3.2: "Request and response parameters MUST NOT be included more than once."."""
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **app.credentials}
    response = post_token({**fields, name: ["a", "b"]})
    assert is_refused(response, "invalid_request")
    assert name in response.json()["error_description"]


def test_a_parameter_that_oauth_does_not_know_is_ignored(app: App, code: str) -> None:
    """RFC 6749 section 3.2: "The authorization server MUST ignore unrecognized request parameters"."""
    assert app.exchange(code, anything=["a", "b"], another="a\x00").status_code == 200


def test_a_refusal_leaves_an_event_with_its_reason(app: App) -> None:
    app.exchange("unknown")
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.outcome, event.reason, event.client_id) == ("refused", "invalid_grant", app.client_id)
    assert (event.action, event.user_id) == ("authorization_code", None)


def test_a_refused_code_or_refresh_token_names_its_person_and_client(app: App, code: str, person: User) -> None:
    tokens = app.exchange(code).json()
    app.exchange(code)
    app.refresh(tokens["refresh_token"])
    refused = Event.objects.filter(kind=Event.Kind.TOKEN, outcome="refused")
    named = refused.values_list("user_id", "client_id", "client_name", "action").order_by("pk")
    who = (person.pk, app.client_id, app.row.name)
    assert list(named) == [(*who, "authorization_code"), (*who, "refresh_token")]


def test_a_code_of_another_client_names_the_client_that_sent_it(code: str, person: User) -> None:
    other = App.register(client_name="Other")
    assert is_refused(other.exchange(code), "invalid_grant")
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.user_id, event.client_name) == (person.pk, "Other")


def test_a_wrong_code_verifier_names_the_person(app: App, code: str, person: User) -> None:
    app.exchange(code, code_verifier="x" * 43)
    assert Event.objects.get(kind=Event.Kind.TOKEN).user_id == person.pk


def test_a_client_that_fails_to_authenticate_by_header_is_named_as_it_claims(app: App, code: str) -> None:
    exchange_by_header(app, code, basic(app.client_id, "wrong"))
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.reason, event.client_id, event.user_id) == ("invalid_client", app.client_id, None)


def test_nothing_secret_is_stored_or_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Codes, tokens, secrets, the state and the verifier: none is found in any column of any table, nor in the log."""
    caplog.set_level(logging.DEBUG, logger="accounts")
    registration = register().json()
    app = App(registration["client_id"], registration["client_secret"])
    code = approve(browser, app, state="a-state-of-its-own")
    first = app.exchange(code).json()
    second = app.refresh(first["refresh_token"]).json()
    app.exchange(code)
    app.refresh("an-unknown-token")
    app.exchange("an-unknown-code", client_secret="a-wrong-secret")
    app.revoke("an-unknown-token")

    secrets = {
        code,
        *(tokens[name] for tokens in (first, second) for name in ("access_token", "refresh_token")),
        app.client_secret,
        registration["registration_access_token"],
        "a-state-of-its-own",
        VERIFIER,
        "an-unknown-token",
        "an-unknown-code",
        "a-wrong-secret",
    }
    everything = stored()
    assert checksum(second["access_token"]) in everything
    assert app.client_id in everything
    assert app.client_id in caplog.text
    for secret in secrets:
        assert secret not in everything
        assert secret not in caplog.text


def stored() -> str:
    """Return every column of every row of every table, as text."""
    return "\n".join(str(row) for model in apps.get_models() for row in model._base_manager.values_list())
