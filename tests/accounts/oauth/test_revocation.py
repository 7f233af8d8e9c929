"""The revocation endpoint (RFC 7009)."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, User
from tests.support.flows import App, basic, post_form
from tests.support.oauth.authorizations import is_live, revocations

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(browser: Browser, app: App) -> dict[str, Any]:
    return app.connect(browser)


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_either_token_ends_the_authorization_with_any_hint(
    app: App, tokens: dict[str, Any], person: User, name: str, hint: str | None
) -> None:
    """RFC 7009 section 2.1: "If the server is unable to locate the token using the given hint, it MUST extend its
    search across all of its supported token types."."""
    response = app.revoke(tokens[name], token_type_hint=hint)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Cache-Control"] == "no-store"
    assert not is_live()
    assert revocations() == [("client_revoked", person.pk, app.client_id)]
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_superseded_refresh_token_still_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    app.revoke(tokens["refresh_token"])
    assert not is_live()


def test_a_superseded_access_token_is_revoked_alone(app: App, tokens: dict[str, Any], person: User) -> None:
    """A client that refreshed discards the old one, for hygiene."""
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert app.revoke(tokens["access_token"]).status_code == 200
    old, new = (AccessToken.objects.get(token_checksum=checksum(t["access_token"])) for t in (tokens, refreshed))
    assert (old.is_expired(), new.is_expired(), is_live()) == (True, False, True)
    assert revocations() == [("client_revoked", person.pk, app.client_id)]
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert len(revocations()) == 1
    assert app.refresh(refreshed["refresh_token"]).status_code == 200


def test_the_newest_access_token_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    app.revoke(app.refresh(tokens["refresh_token"]).json()["access_token"])
    assert not is_live()


def test_a_superseded_access_token_of_another_client_is_left_alone(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    App.register().revoke(tokens["access_token"])
    assert not AccessToken.objects.get(token_checksum=checksum(tokens["access_token"])).is_expired()


def test_an_unknown_token_is_not_an_error(app: App, tokens: dict[str, Any]) -> None:
    """RFC 7009 section 2.2: "invalid tokens do not cause an error response"."""
    assert app.revoke("unknown").status_code == 200
    assert is_live()


def test_a_token_may_be_revoked_twice(app: App, tokens: dict[str, Any]) -> None:
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert len(revocations()) == 1


def test_another_clients_token_is_left_alone(app: App, tokens: dict[str, Any]) -> None:
    for other in (App.register(), App.register(token_endpoint_auth_method="none")):
        assert other.revoke(tokens["access_token"]).status_code == 200
        assert other.revoke(tokens["refresh_token"]).status_code == 200
    assert is_live()


def test_the_persons_other_authorizations_are_left_alone(browser: Browser, app: App, tokens: dict[str, Any]) -> None:
    again = app.connect(browser)
    app.revoke(tokens["access_token"])
    assert Authorization.objects.live().count() == 1
    assert app.refresh(again["refresh_token"]).status_code == 200


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_secret": None}, {"client_id": "unknown"}])
def test_a_client_must_prove_itself_to_revoke(app: App, tokens: dict[str, Any], changes: dict[str, str | None]) -> None:
    """RFC 7009 section 2.1: "The authorization server first validates the client credentials"."""
    response = app.revoke(tokens["access_token"], **changes)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response["WWW-Authenticate"] == 'Basic realm="oauth"'
    assert is_live()


def test_a_revocation_that_names_no_client_is_told_what_is_missing(app: App, tokens: dict[str, Any]) -> None:
    response = app.revoke(tokens["access_token"], client_id=None, client_secret=None)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert response.json()["error_description"].startswith("The client_id is missing: ")
    assert is_live()


def test_a_client_may_prove_itself_in_the_header(app: App, tokens: dict[str, Any]) -> None:
    header = basic(app.client_id, app.client_secret)
    assert post_form("/oauth/revoke", {"token": tokens["access_token"]}, authorization=header).status_code == 200
    assert not is_live()


def test_a_client_without_a_secret_may_revoke(browser: Browser) -> None:
    app = App.register(token_endpoint_auth_method="none")
    app.revoke(app.connect(browser)["refresh_token"])
    assert not is_live()


@pytest.mark.parametrize("token", [None, ""])
def test_a_revocation_that_names_no_token_is_refused(app: App, token: str | None) -> None:
    response = post_form("/oauth/revoke", {"token": token, **app.credentials})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
