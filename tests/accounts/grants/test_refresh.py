"""Refresh of tokens: the pair rotates, and the same request sent twice gets the same answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Event, RefreshToken, User
from tests.support.flows import App
from tests.support.oauth.authorizations import is_live
from tests.support.oauth.refreshing import is_refused, pair

pytestmark = pytest.mark.django_db


def pass_seconds(seconds: int) -> None:
    """Move the times of all refresh tokens back by `seconds`."""
    ago = timedelta(seconds=seconds)
    RefreshToken.objects.update(revoked=F("revoked") - ago, created=F("created") - ago)


def test_a_refresh_gives_a_new_pair_of_the_same_authorization(app: App, tokens: dict[str, Any]) -> None:
    response = app.refresh(tokens["refresh_token"])
    refreshed = response.json()
    assert response["Cache-Control"] == "no-store"
    assert (refreshed["token_type"], refreshed["expires_in"], refreshed["scope"]) == ("Bearer", 1800, "read write")
    assert not set(pair(response)) & {tokens["access_token"], tokens["refresh_token"]}
    assert {token.authorization for token in AccessToken.objects.all()} == {Authorization.objects.get()}


def test_refreshing_goes_on_and_on(app: App, tokens: dict[str, Any]) -> None:
    seen, refresh_token = set(), tokens["refresh_token"]
    for _ in range(4):
        access_token, refresh_token = pair(app.refresh(refresh_token))
        seen |= {access_token, refresh_token}
    assert (len(seen), is_live()) == (8, True)


def test_the_previous_access_token_lives_on(app: App, tokens: dict[str, Any]) -> None:
    before = AccessToken.objects.get(token_checksum=checksum(tokens["access_token"]))
    app.refresh(tokens["refresh_token"])
    after = AccessToken.objects.get(pk=before.pk)
    assert after.expires == before.expires
    assert not after.is_expired()


def test_a_refresh_leaves_an_event(app: App, tokens: dict[str, Any], person: User) -> None:
    app.refresh(tokens["refresh_token"])
    event = Event.objects.filter(kind=Event.Kind.TOKEN).latest("pk")
    assert (event.outcome, event.action, event.user_id) == ("ok", "refresh_token", person.pk)
    assert event.token_id == AccessToken.objects.latest("pk").pk


def test_a_repeat_within_30_seconds_is_given_the_same_pair(app: App, tokens: dict[str, Any]) -> None:
    """Clients refresh in parallel, or try again after an answer that was lost."""
    first = app.refresh(tokens["refresh_token"])
    pass_seconds(29)
    second = app.refresh(tokens["refresh_token"])
    assert pair(first) == pair(second)
    assert second.json()["scope"] == first.json()["scope"]
    assert 1790 <= second.json()["expires_in"] <= 1800
    assert (AccessToken.objects.count(), RefreshToken.objects.count(), is_live()) == (2, 2, True)


def test_a_repeat_after_30_seconds_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    """RFC 9700 section 4.14.2: the server "cannot determine which party submitted the invalid refresh token, but it
    will revoke the active refresh token"."""
    refreshed = app.refresh(tokens["refresh_token"]).json()
    pass_seconds(31)
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert not is_live()
    assert is_refused(app.refresh(refreshed["refresh_token"]))


def test_a_repeat_after_the_new_pair_was_refreshed_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    _, successor = pair(app.refresh(tokens["refresh_token"]))
    _, latest = pair(app.refresh(successor))
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert not is_live()
    assert is_refused(app.refresh(latest))


def test_a_refused_repeat_leaves_an_event(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    pass_seconds(31)
    app.refresh(tokens["refresh_token"])
    event = Event.objects.get(kind=Event.Kind.REVOCATION)
    assert (event.reason, event.authorization_id) == ("refresh_token_reused", Authorization.objects.get().pk)


def test_a_repeat_works_while_the_secret_key_is_replaced(app: App, tokens: dict[str, Any], settings: Settings) -> None:
    first = pair(app.refresh(tokens["refresh_token"]))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert pair(app.refresh(tokens["refresh_token"])) == first
    assert is_live()


def test_a_refresh_works_after_the_secret_key_was_replaced(
    app: App, tokens: dict[str, Any], settings: Settings
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", []
    first = pair(app.refresh(tokens["refresh_token"]))
    assert pair(app.refresh(tokens["refresh_token"])) == first


def test_the_pair_cannot_be_predicted_without_the_secret_key(
    app: App, tokens: dict[str, Any], settings: Settings
) -> None:
    first = pair(app.refresh(tokens["refresh_token"]))
    RefreshToken.objects.exclude(token_checksum=checksum(tokens["refresh_token"])).delete()
    AccessToken.objects.exclude(source_refresh_token=None).delete()
    RefreshToken.objects.update(revoked=None)
    settings.SECRET_KEY = "another key"
    assert not set(pair(app.refresh(tokens["refresh_token"]))) & set(first)
