"""The keys of a client at its `jwks_uri`: when they are fetched, how long they serve, what becomes of a failure."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import jwt
import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.client_credentials import keys as client_keys
from accounts.fetching import backoff, exchange, pending_fetches
from accounts.models import BlockedDomain, Client, Event
from tests.support.documents import DocumentServer, look_up_by, serving_documents
from tests.support.flows import App, Response, approve
from tests.support.oauth.bad_documents import BODIES
from tests.support.oauth.metadata_documents import CHATGPT_APP, KEY, KEYS, STRANGER, app_of, assertion
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db

JWKS_URI = str(CHATGPT_APP["jwks_uri"])
OTHER_KEY = {**jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "two"}

# The deadline of fetches that are to fail. Others have the patience of all tests.
SHORT_SECONDS = 1.0


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentServer]:
    cache.clear()
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", PATIENCE_SECONDS)
    with serving_documents() as server:
        server.publish(CHATGPT_APP)
        server.documents[JWKS_URI] = KEYS
        yield server
    cache.clear()


@pytest.fixture
def app(documents: DocumentServer) -> App:
    return app_of(CHATGPT_APP)


@pytest.fixture
def code(app: App, browser: Browser) -> str:
    return approve(browser, app)


def keys_asked(documents: DocumentServer) -> int:
    return documents.asked.count(JWKS_URI)


def is_unproven(response: Response, *words: str) -> bool:
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), response.content
    return all(word in response.json()["error_description"] for word in words)


def expire_copy() -> None:
    """Keys that were fetched a day ago, so that they are to be fetched anew."""
    name = f"accounts.client_keys.{client_keys.checksum(JWKS_URI)}"
    cache.set(name, {**cache.get(name), "fresh_until": 0})


# --- Before anything is fetched ------------------------------------------------------------------

USELESS = {
    "of another issuer": {"iss": "https://evil.example/client.json"},
    "about another client": {"sub": "https://evil.example/client.json"},
    "for another server": {"aud": "https://other.example/oauth/token"},
    "expired": {"exp": 1},
    "living for too long": {"exp": timezone.now() + timedelta(days=1)},
    "not valid yet": {"nbf": timezone.now() + timedelta(hours=1)},
    "without an id": {"jti": None},
    "by another algorithm than declared": {"alg": "PS256"},
    "with a shared secret": {"key": "a-shared-secret-of-at-least-thirty-two-bytes", "alg": "HS256"},
}


@pytest.mark.parametrize("changes", USELESS.values(), ids=USELESS.keys())
def test_an_assertion_that_cannot_be_accepted_fetches_no_keys(
    documents: DocumentServer, app: App, code: str, changes: dict[str, Any]
) -> None:
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP, **changes)))
    assert keys_asked(documents) == 0


def test_a_client_that_nobody_approved_makes_the_server_fetch_nothing(documents: DocumentServer) -> None:
    registered = App.register(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://evil.example/keys.json")
    sent = assertion({"client_id": registered.client_id})
    assert is_unproven(registered.exchange("a code", **sent), "No person has approved this client")
    assert documents.asked == []


def test_a_document_that_is_not_known_is_not_fetched_for_a_token_request(documents: DocumentServer, app: App) -> None:
    assert is_unproven(app.exchange("a code", **assertion(CHATGPT_APP)))
    assert documents.asked == []


def test_a_document_that_is_not_known_is_fetched_for_nobody_who_is_not_signed_in(
    documents: DocumentServer, app: App
) -> None:
    page = Browser().get(app.authorization_url())
    assert (page.status_code, page["Location"].startswith("/accounts/login/")) == (302, True)
    assert documents.asked == []


def test_keys_of_a_suspended_client_are_not_fetched(documents: DocumentServer, app: App, code: str) -> None:
    Client.objects.update(suspended_at=timezone.now(), cimd_expires_at=timezone.now())
    documents.asked.clear()
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)))
    assert documents.asked == []


def test_keys_at_a_blocked_domain_are_not_fetched(documents: DocumentServer, app: App, code: str) -> None:
    BlockedDomain.objects.create(domain="chatgpt.com")
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "blocked")
    assert keys_asked(documents) == 0


def test_an_assertion_that_was_used_fetches_no_keys(documents: DocumentServer, app: App, code: str) -> None:
    used = assertion(CHATGPT_APP)
    assert app.exchange(code, **used).status_code == 200
    cache.clear()
    assert is_unproven(app.exchange(code, **used), "used before")
    assert keys_asked(documents) == 1


# --- The form of an assertion --------------------------------------------------------------------


@pytest.mark.parametrize(
    "audience", [["http://localhost"], ["http://localhost", "https://other.example"], [], {"a": 1}, 1], ids=str
)
def test_an_audience_that_is_not_one_string_is_refused(app: App, code: str, audience: Any) -> None:
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP, aud=audience)), "aud must be one string")
    assert app.exchange(code, **assertion(CHATGPT_APP, aud="http://localhost")).status_code == 200


def test_a_wrong_audience_is_told_the_right_ones(app: App, code: str) -> None:
    refused = app.exchange(code, **assertion(CHATGPT_APP, aud="https://other.example"))
    assert is_unproven(refused, "http://localhost or http://localhost/oauth/token")


NESTED = b"[" * 3000 + b"]" * 3000


@pytest.mark.parametrize(
    "parts",
    [
        (b'{"alg": "RS256"}', NESTED),
        (b'{"alg": "RS256", "kid": ' + NESTED + b"}", b"{}"),
        (b'{"alg": "RS256"}', b'{"sub": "a", "x": ' + NESTED + b"}"),
        (b'{"alg": "RS256"}', b'{"exp": ' + b"9" * 5000 + b"}"),
        (b'{"alg": "RS256"}', b'{"sub": "' + b"a" * 16_000 + b'"}'),
    ],
    ids=["claims", "header", "within the claims", "number of many digits", "long"],
)
@pytest.mark.parametrize("named", [True, False])
def test_an_assertion_of_nested_or_endless_json_is_refused(
    app: App, code: str, parts: tuple[bytes, bytes], named: bool
) -> None:
    sent = assertion(CHATGPT_APP)
    sent["client_assertion"] = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"a"))
    assert is_unproven(app.exchange(code, client_id=app.client_id if named else None, **sent))


# --- Failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_keys_that_cannot_be_read_are_a_refusal_with_an_event_and_a_backoff(
    documents: DocumentServer, app: App, code: str, body: bytes
) -> None:
    documents.documents[JWKS_URI] = body
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "keys cannot be fetched")
    documents.documents[JWKS_URI] = KEYS
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "keys cannot be fetched", "fetched again")
    assert keys_asked(documents) == 1
    assert Event.objects.filter(reason="keys_refused", client_id=app.client_id).count() == 1


STRANGE_SETS = {
    "no keys": {},
    "keys that are an object": {"keys": {"a": 1}},
    "keys that are null": {"keys": None},
    "an empty set": {"keys": []},
    "keys that are texts": {"keys": ["a", 1, None, []]},
    "a shared secret": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
    "a key without a number": {"keys": [{"kty": "RSA", "e": "AQAB", "kid": "one"}]},
    "numbers that are lists": {"keys": [{"kty": "RSA", "e": [], "n": {}, "kid": "one"}]},
    "a curve that nobody knows": {"keys": [{"kty": "EC", "crv": "P-1", "x": "AA", "y": "AA"}]},
    "a key for no algorithm": {"keys": [{"kty": "oct", "alg": "none"}]},
    "a public key for no algorithm": {"keys": [{**KEYS["keys"][0], "alg": "none"}]},
    "a key for a shared secret": {"keys": [{**KEYS["keys"][0], "alg": "HS256"}]},
    "a curve of another algorithm": {"keys": [{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}]},
    "a type that is a list": {"keys": [{"kty": ["RSA"], "alg": {}}]},
    "a point off its curve": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]},
}


@pytest.mark.parametrize("document", STRANGE_SETS.values(), ids=STRANGE_SETS.keys())
def test_a_set_without_a_key_of_use_is_a_refusal(
    documents: DocumentServer, app: App, code: str, document: dict[str, Any]
) -> None:
    documents.documents[JWKS_URI] = document
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "has no key that this server can use")
    assert is_unproven(
        app.exchange(code, **assertion(CHATGPT_APP)), "has no key that this server can use", "fetched again"
    )
    assert keys_asked(documents) == 1
    assert Event.objects.filter(reason="keys_refused").count() == 1


@pytest.mark.parametrize("error", [NotImplementedError, MemoryError, AttributeError, RecursionError])
def test_an_unexpected_error_of_a_key_is_a_refusal_with_a_backoff(
    documents: DocumentServer, app: App, code: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwt.PyJWK, "from_dict", Mock(side_effect=error))
    for _ in range(2):
        assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP)), "has no key that this server can use")
    assert keys_asked(documents) == 1


def test_one_strange_key_does_not_spoil_the_others(documents: DocumentServer, app: App, code: str) -> None:
    documents.documents[JWKS_URI] = {"keys": [{"kty": "new"}, None, {"kty": "oct", "alg": "none"}, *KEYS["keys"]]}
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200


def test_only_the_public_part_of_few_keys_is_kept(documents: DocumentServer, app: App, code: str) -> None:
    key = {**KEYS["keys"][0], "d": "private", "x5c": ["a" * 100]}
    documents.documents[JWKS_URI] = {"keys": [key] + [{"kty": "oct", "k": "AA"}] * 50}
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200
    kept = cache.get(f"accounts.client_keys.{client_keys.checksum(JWKS_URI)}")
    assert "private" not in json.dumps(kept)
    assert len(kept["keys"]["keys"]) == 1


def test_keys_that_do_not_come_are_told_as_an_outage_and_not_as_a_wrong_client(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", SHORT_SECONDS)
    Client.objects.update(jwks_uri="https://a.hanging.example/silent")
    for _ in range(2):
        refused = app.exchange(code, **assertion(CHATGPT_APP))
        assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
        assert 0 < int(refused["Retry-After"]) <= backoff.FIRST_SECONDS
    assert documents.asked.count("https://a.hanging.example/silent") == 1


def test_too_many_fetches_are_told_as_an_outage(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_fetches.slots, "total", 0)
    refused = app.exchange(code, **assertion(CHATGPT_APP))
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    monkeypatch.setattr(pending_fetches.slots, "total", pending_fetches.SLOTS)
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200


# --- The copy ------------------------------------------------------------------------------------


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
    assert kept[f"accounts.client_keys.{client_keys.checksum(JWKS_URI)}"] == timedelta(days=7).total_seconds()


def test_an_unknown_key_id_makes_the_server_look_again_once_a_minute_at_most(
    documents: DocumentServer, app: App, code: str
) -> None:
    tokens = app.exchange(code, **assertion(CHATGPT_APP)).json()
    cache.delete(client_keys.fetch_mark(Client.objects.get()))
    for number in range(5):
        assert is_unproven(app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP, kid=f"unknown-{number}")))
    assert keys_asked(documents) == 2


def rotate(documents: DocumentServer, app: App, code: str) -> str:
    """Publish another key than the one that the server has a copy of; returns the refresh token."""
    token = app.exchange(code, **assertion(CHATGPT_APP)).json()["refresh_token"]
    for client in Client.objects.all():
        cache.delete(client_keys.fetch_mark(client))
    documents.documents[JWKS_URI] = {"keys": [OTHER_KEY]}
    documents.asked.clear()
    return token


def test_a_client_that_nobody_approved_does_not_hold_up_another_ones_new_keys(
    documents: DocumentServer, app: App, code: str
) -> None:
    token = rotate(documents, app, code)
    stranger = App.register(token_endpoint_auth_method="private_key_jwt", jwks_uri=JWKS_URI)
    sent = assertion({"client_id": stranger.client_id}, kid="unknown")
    assert is_unproven(stranger.exchange("a code", **sent))
    assert documents.asked == []
    assert app.refresh(token, **assertion(CHATGPT_APP, key=STRANGER, kid="two")).status_code == 200


def test_an_approved_client_does_not_hold_up_new_keys_at_an_address_that_it_shares(
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
