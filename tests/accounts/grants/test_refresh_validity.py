"""Refresh tokens: the client that may use one, its lifetime, its scopes and its resource."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, Client, RefreshToken, User
from tests.support.flows import RESOURCE, App, Value, post_token
from tests.support.oauth.authorizations import is_live
from tests.support.oauth.refreshing import is_refused, pair

pytestmark = pytest.mark.django_db


def test_another_client_cannot_use_a_refresh_token(app: App, tokens: dict[str, Any]) -> None:
    """RFC 6749 section 6: "The authorization server MUST [...] ensure that the refresh token was issued to the
    authenticated client"."""
    assert is_refused(App.register().refresh(tokens["refresh_token"]))
    assert is_refused(App.register(token_endpoint_auth_method="none").refresh(tokens["refresh_token"]))
    assert is_live()
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_secret": None}, {"client_id": "unknown"}])
def test_a_client_must_prove_itself_to_refresh(
    app: App, tokens: dict[str, Any], changes: dict[str, str | None]
) -> None:
    assert is_refused(app.refresh(tokens["refresh_token"], **changes), "invalid_client", status=401)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("token", ["unknown", "", "ä"])
def test_an_unknown_refresh_token_is_refused(app: App, token: str) -> None:
    assert app.refresh(token).json()["error"] in ("invalid_grant", "invalid_request")


def test_an_access_token_does_not_refresh(app: App, tokens: dict[str, Any]) -> None:
    assert is_refused(app.refresh(tokens["access_token"]))


def test_a_refresh_that_names_no_token_is_refused(app: App) -> None:
    assert is_refused(post_token({"grant_type": "refresh_token", **app.credentials}), "invalid_request")


def test_a_client_that_may_not_refresh_is_refused(app: App, tokens: dict[str, Any]) -> None:
    Client.objects.update(grant_types="authorization_code")
    assert is_refused(app.refresh(tokens["refresh_token"]), "unauthorized_client")


def test_an_unused_refresh_token_expires_after_the_days_of_the_setting(
    app: App, tokens: dict[str, Any], settings: Settings
) -> None:
    settings.REFRESH_TOKEN_EXPIRE_DAYS = 2
    RefreshToken.objects.update(created=timezone.now() - timedelta(days=2, seconds=-60))
    _, refresh_token = pair(app.refresh(tokens["refresh_token"]))
    RefreshToken.objects.update(created=timezone.now() - timedelta(days=2))
    assert is_refused(app.refresh(refresh_token))


def test_a_refresh_token_is_dead_once_its_authorization_was_revoked(app: App, tokens: dict[str, Any]) -> None:
    Authorization.objects.update(revoked_at=timezone.now())
    assert is_refused(app.refresh(tokens["refresh_token"]))


def test_a_refresh_token_is_dead_once_its_authorization_expired(app: App, tokens: dict[str, Any]) -> None:
    Authorization.objects.update(expires_at=timezone.now())
    assert is_refused(app.refresh(tokens["refresh_token"]))


def test_a_repeat_is_refused_once_the_authorization_was_revoked(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    Authorization.objects.update(revoked_at=timezone.now())
    assert is_refused(app.refresh(tokens["refresh_token"]))


def test_a_refresh_token_is_dead_while_the_person_is_suspended(app: App, tokens: dict[str, Any]) -> None:
    User.objects.update(is_active=False)
    assert is_refused(app.refresh(tokens["refresh_token"]))


def test_a_suspended_client_is_refused(app: App, tokens: dict[str, Any]) -> None:
    Client.objects.update(suspended_at=timezone.now())
    assert is_refused(app.refresh(tokens["refresh_token"]), "unauthorized_client")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "read write"),
        ("", "read write"),
        ("read", "read"),
        ("write", "write"),
        ("write read", "write read"),
        ("read admin", "read"),
        ("admin", "read write"),
        ("read offline_access", "read"),
    ],
)
def test_a_refresh_may_ask_for_less_and_is_never_given_more(
    app: App, tokens: dict[str, Any], asked: str | None, given: str
) -> None:
    """RFC 6749 section 6: "The requested scope MUST NOT include any scope not originally granted by the resource
    owner"."""
    response = app.refresh(tokens["refresh_token"], scope=asked)
    assert response.json()["scope"] == given
    assert AccessToken.objects.latest("pk").scope == given


def test_what_was_narrowed_may_be_widened_again_up_to_the_grant(app: App, tokens: dict[str, Any]) -> None:
    _, narrow = pair(app.refresh(tokens["refresh_token"], scope="read"))
    assert app.refresh(narrow, scope="read write admin").json()["scope"] == "read write"


def test_a_narrowed_token_leaves_those_after_it_as_the_person_granted(app: App, tokens: dict[str, Any]) -> None:
    """RFC 6749 section 6: "if omitted is treated as equal to the scope originally granted by the resource owner"."""
    _, narrow = pair(app.refresh(tokens["refresh_token"], scope="read"))
    assert app.refresh(narrow).json()["scope"] == "read write"


def test_a_refresh_token_that_an_earlier_version_narrowed_does_so_too(app: App, tokens: dict[str, Any]) -> None:
    RefreshToken.objects.update(scope="read")
    assert app.refresh(tokens["refresh_token"]).json()["scope"] == "read write"


@pytest.mark.parametrize(("seconds", "status"), [(0.5, 200), (-0.5, 400)])
def test_a_token_of_the_last_second_lives_for_one_second(
    app: App, tokens: dict[str, Any], seconds: float, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients take 0 for a token that does not expire."""
    monkeypatch.setattr(Authorization, "is_live", True)
    Authorization.objects.update(expires_at=timezone.now() + timedelta(seconds=seconds))
    response = app.refresh(tokens["refresh_token"])
    assert (response.status_code, response.json().get("expires_in")) == (status, 1 if status == 200 else None)
    assert RefreshToken.objects.filter(revoked=None).count() == 1


def test_an_old_token_in_the_last_second_of_its_authorization_says_one_second_too(
    app: App, tokens: dict[str, Any]
) -> None:
    app.refresh(tokens["refresh_token"])
    ends_at = timezone.now() + timedelta(seconds=0.9)
    AccessToken.objects.update(expires=ends_at)
    Authorization.objects.update(expires_at=ends_at)
    assert app.refresh(tokens["refresh_token"]).json()["expires_in"] == 1


def test_a_refresh_is_never_given_more_than_the_person_left_ticked(browser: Browser, app: App) -> None:
    tokens = app.connect(browser, scope="read")
    assert app.refresh(tokens["refresh_token"], scope="read write").json()["scope"] == "read"


@pytest.mark.parametrize("resource", [None, "", RESOURCE, f"{RESOURCE}/", "HTTP://LOCALHOST:80/mcp"])
def test_our_resource_may_be_named_or_left_out(app: App, tokens: dict[str, Any], resource: str | None) -> None:
    assert app.refresh(tokens["refresh_token"], resource=resource).status_code == 200
    assert AccessToken.objects.latest("pk").resource == [RESOURCE]


@pytest.mark.parametrize(
    "resource", ["https://other.example.com/mcp", "http://[::1", "nonsense", [RESOURCE, "https://other.example.com"]]
)
def test_another_resource_is_refused_and_consumes_nothing(app: App, tokens: dict[str, Any], resource: Value) -> None:
    assert is_refused(app.refresh(tokens["refresh_token"], resource=resource), "invalid_target")
    assert RefreshToken.objects.get().revoked is None
    assert app.refresh(tokens["refresh_token"]).status_code == 200
