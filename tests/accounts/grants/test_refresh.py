"""Refresh of tokens: the pair rotates, and the same request sent twice gets the same answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.grants import refreshes
from accounts.models import AccessToken, Authorization, Event, RefreshToken, User
from tests.support.flows import App
from tests.support.oauth.authorizations import is_live
from tests.support.oauth.refreshing import is_refused, pair

pytestmark = pytest.mark.django_db

GRACE = 120


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


def test_an_old_token_within_the_grace_is_given_the_same_pair(app: App, tokens: dict[str, Any]) -> None:
    """Clients refresh in parallel, or try again after an answer that was lost."""
    first = app.refresh(tokens["refresh_token"])
    pass_seconds(GRACE - 1)
    second = app.refresh(tokens["refresh_token"])
    assert pair(first) == pair(second)
    assert second.json()["scope"] == first.json()["scope"]
    assert 1790 <= second.json()["expires_in"] <= 1800
    assert (AccessToken.objects.count(), RefreshToken.objects.count(), is_live()) == (2, 2, True)


def test_an_old_token_after_the_grace_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    """RFC 9700 section 4.14.2: the server "cannot determine which party submitted the invalid refresh token, but it
    will revoke the active refresh token"."""
    refreshed = app.refresh(tokens["refresh_token"]).json()
    pass_seconds(GRACE + 1)
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert not is_live()
    assert is_refused(app.refresh(refreshed["refresh_token"]))


def test_an_old_token_is_given_the_newest_pair_where_its_successor_was_exchanged_too(
    app: App, tokens: dict[str, Any]
) -> None:
    refresh_token = tokens["refresh_token"]
    for _ in range(5):
        newest = pair(app.refresh(refresh_token))
        refresh_token = newest[1]
    assert pair(app.refresh(tokens["refresh_token"])) == newest
    assert (RefreshToken.objects.filter(revoked=None).count(), is_live()) == (1, True)
    assert app.refresh(newest[1]).status_code == 200


def test_each_old_token_has_a_grace_of_its_own(app: App, tokens: dict[str, Any]) -> None:
    _, successor = pair(app.refresh(tokens["refresh_token"]))
    pass_seconds(GRACE - 30)
    newest = pair(app.refresh(successor))
    pass_seconds(60)
    assert pair(app.refresh(successor)) == newest
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert not is_live()


def test_five_programs_that_share_a_token_stay_signed_in_for_an_hour(app: App, tokens: dict[str, Any]) -> None:
    """Each round, one exchanges the token, and the others come back with it 33 to 76 seconds later."""
    stored = tokens["refresh_token"]
    for round_number in range(12):
        newest = pair(app.refresh(stored))
        passed = 0
        for seconds in (33, 47, 61, 76):
            pass_seconds(seconds - passed)
            passed = seconds
            assert pair(app.refresh(stored)) == newest
            if seconds == 47 and round_number % 2:
                # One of them exchanges what it was just given.
                newest = pair(app.refresh(newest[1]))
        stored = newest[1]
        pass_seconds(300 - passed)
    assert is_live()


def test_newest_pair_whose_access_token_ends_is_exchanged_once_more(app: App, tokens: dict[str, Any]) -> None:
    newest = pair(app.refresh(tokens["refresh_token"]))
    AccessToken.objects.update(expires=timezone.now() + timedelta(seconds=3))
    late = app.refresh(tokens["refresh_token"])
    assert (late.json()["expires_in"], late.json()["scope"]) == (1800, "read write")
    assert not set(pair(late)) & set(newest)
    # The sibling that has the pair before is given the same.
    assert pair(app.refresh(newest[1])) == pair(late)
    assert is_live()


def test_old_token_with_another_scope_is_given_a_pair_of_that_scope(app: App, tokens: dict[str, Any]) -> None:
    narrow = app.refresh(tokens["refresh_token"], scope="read")
    wide = app.refresh(tokens["refresh_token"])
    assert (narrow.json()["scope"], wide.json()["scope"]) == ("read", "read write")
    assert RefreshToken.objects.filter(revoked=None).count() == 1


def test_old_token_that_cannot_be_followed_is_refused_and_ends_nothing(
    app: App, tokens: dict[str, Any], settings: Settings
) -> None:
    newest = pair(app.refresh(tokens["refresh_token"]))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", []
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert app.refresh(newest[1]).status_code == 200
    assert is_live()


def test_no_more_than_so_many_exchanges_are_followed(
    app: App, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshes, "MOST_FOLLOWED", 2)
    refresh_token = tokens["refresh_token"]
    for _ in range(3):
        _, refresh_token = pair(app.refresh(refresh_token))
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert is_live()


def test_without_a_grace_a_second_use_ends_the_authorization(
    app: App, tokens: dict[str, Any], settings: Settings
) -> None:
    settings.REFRESH_GRACE_SECONDS = 0
    app.refresh(tokens["refresh_token"])
    assert is_refused(app.refresh(tokens["refresh_token"]))
    assert not is_live()


def test_a_refused_repeat_leaves_an_event(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    pass_seconds(GRACE + 1)
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
