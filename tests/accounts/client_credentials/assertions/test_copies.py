"""Cached copies of a client's keys: how long they are used, and when they are fetched again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.client_credentials import keys as client_keys
from accounts.crypto.token_values import checksum
from accounts.fetching import exchange, pending_fetches
from accounts.models import Client, Event
from tests.support.documents import DocumentServer, look_up_by
from tests.support.flows import App, approve
from tests.support.oauth.client_keys import JWKS_URI, OTHER_KEY, SHORT_SECONDS, expire_copy, is_unproven, keys_asked
from tests.support.oauth.metadata_documents import CHATGPT_APP, KEY, KEYS, STRANGER, assertion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("outage", ["gone", "hanging", "unreadable", "busy"])
def test_a_copy_serves_while_keys_cannot_be_fetched_anew(
    documents: DocumentServer, app: App, code: str, outage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = app.exchange(code, **assertion(CHATGPT_APP)).json()
    expire_copy()
    match outage:
        case "gone":
            del documents.documents[JWKS_URI]
        case "hanging":
            monkeypatch.setattr(exchange, "DEADLINE_SECONDS", SHORT_SECONDS)
            look_up_by(lambda *_: documents.is_over.wait(2) or ["127.0.0.1"])
        case "unreadable":
            documents.documents[JWKS_URI] = {"keys": "gone"}
        case "busy":
            monkeypatch.setattr(pending_fetches.slots, "total", 0)
    for _ in range(2):
        refreshed = app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP))
        assert refreshed.status_code == 200, refreshed.content
        tokens = refreshed.json()


def test_a_copy_is_kept_for_as_long_as_one_of_a_document(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, float] = {}
    really = cache.set

    def keep(name: str, value: Any, timeout: float | None = None) -> None:
        kept[name] = timeout or 0
        really(name, value, timeout)

    monkeypatch.setattr(cache, "set", keep)
    documents.headers["Cache-Control"] = "max-age=600"
    app.exchange(code, **assertion(CHATGPT_APP))
    assert kept[f"accounts.client_keys.{checksum(JWKS_URI)}"] == timedelta(days=7).total_seconds()


def test_an_unknown_key_id_makes_the_server_look_again_once_a_minute_at_most(
    documents: DocumentServer, app: App, code: str
) -> None:
    tokens = app.exchange(code, **assertion(CHATGPT_APP)).json()
    cache.delete(client_keys.fetched_by(Client.objects.get()).mark)
    for number in range(5):
        assert is_unproven(app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP, kid=f"unknown-{number}")))
    assert keys_asked(documents) == 2


def rotate(documents: DocumentServer, app: App, code: str) -> str:
    """Replace the published key, which the server has a copy of, and return the refresh token."""
    token = app.exchange(code, **assertion(CHATGPT_APP)).json()["refresh_token"]
    for client in Client.objects.all():
        cache.delete(client_keys.fetched_by(client).mark)
    documents.documents[JWKS_URI] = {"keys": [OTHER_KEY]}
    documents.asked.clear()
    return token


def test_an_unapproved_client_does_not_delay_the_new_keys_of_another(
    documents: DocumentServer, app: App, code: str
) -> None:
    token = rotate(documents, app, code)
    stranger = App.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=JWKS_URI)
    sent = assertion({"client_id": stranger.client_id}, kid="unknown")
    assert is_unproven(stranger.exchange("a code", **sent))
    assert documents.asked == []
    assert app.refresh(token, **assertion(CHATGPT_APP, key=STRANGER, kid="two")).status_code == 200


def test_an_approved_client_does_not_delay_new_keys_at_an_address_that_it_shares(
    documents: DocumentServer, app: App, code: str, browser: Browser
) -> None:
    token = rotate(documents, app, code)
    other = App.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=JWKS_URI)
    other_code = approve(browser, other)
    documents.documents[JWKS_URI] = KEYS
    assert is_unproven(other.exchange(other_code, **assertion({"client_id": other.client_id}, kid="unknown")))
    documents.documents[JWKS_URI] = {"keys": [OTHER_KEY]}
    assert app.refresh(token, **assertion(CHATGPT_APP, key=STRANGER, kid="two")).status_code == 200
    assert keys_asked(documents) == 2


def test_a_fetch_that_found_no_slot_does_not_put_the_next_one_off(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = rotate(documents, app, code)
    monkeypatch.setattr(pending_fetches.slots, "total", 0)
    assert is_unproven(app.refresh(token, **assertion(CHATGPT_APP, key=STRANGER, kid="two")))
    monkeypatch.setattr(pending_fetches.slots, "total", pending_fetches.SLOTS)
    assert app.refresh(token, **assertion(CHATGPT_APP, key=STRANGER, kid="two")).status_code == 200


def test_keys_that_change_behind_their_address_are_an_event_and_go_on(
    documents: DocumentServer, app: App, code: str, settings: Any
) -> None:
    settings.REGISTRATION = "reviewed"
    Client.objects.update(approved_at=timezone.now())
    tokens = app.exchange(code, **assertion(CHATGPT_APP)).json()
    documents.documents[JWKS_URI] = {"keys": [OTHER_KEY]}
    expire_copy()
    refreshed = app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP, key=STRANGER, kid="two"))
    assert refreshed.status_code == 200, refreshed.content
    [event] = Event.objects.filter(kind=Event.Kind.REGISTRATION, action="keys")
    assert event.detail == "The keys at its jwks_uri changed: 1 new, 1 removed."
    assert is_unproven(app.refresh(refreshed.json()["refresh_token"], **assertion(CHATGPT_APP, key=KEY)))
