"""The keys of a client at its `jwks_uri`: when they are fetched, and what happens when that fails."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import jwt
import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.fetching import backoff, exchange, pending_fetches
from accounts.models import BlockedDomain, Client, Event
from tests.support.documents import DocumentServer
from tests.support.flows import App
from tests.support.oauth.bad_documents import BODIES
from tests.support.oauth.client_keys import JWKS_URI, SHORT_SECONDS, is_unproven, keys_asked
from tests.support.oauth.metadata_documents import CHATGPT_APP, KEYS, assertion

pytestmark = pytest.mark.django_db

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


def test_an_unapproved_client_makes_the_server_fetch_nothing(documents: DocumentServer) -> None:
    registered = App.register(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://evil.example/keys.json")
    sent = assertion({"client_id": registered.client_id})
    assert is_unproven(registered.exchange("a code", **sent), "No person has approved this client")
    assert documents.asked == []


def test_a_document_that_is_not_known_is_not_fetched_for_a_token_request(documents: DocumentServer, app: App) -> None:
    assert is_unproven(app.exchange("a code", **assertion(CHATGPT_APP)))
    assert documents.asked == []


def test_an_unknown_document_is_not_fetched_for_a_person_who_is_signed_out(documents: DocumentServer, app: App) -> None:
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
def test_a_key_set_without_a_usable_key_is_refused(
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


def test_one_unusable_key_does_not_affect_the_others(documents: DocumentServer, app: App, code: str) -> None:
    documents.documents[JWKS_URI] = {"keys": [{"kty": "new"}, None, {"kty": "oct", "alg": "none"}, *KEYS["keys"]]}
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200


def test_only_the_public_part_of_few_keys_is_kept(documents: DocumentServer, app: App, code: str) -> None:
    key = {**KEYS["keys"][0], "d": "private", "x5c": ["a" * 100]}
    documents.documents[JWKS_URI] = {"keys": [key] + [{"kty": "oct", "k": "AA"}] * 50}
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200
    kept = cache.get(f"accounts.client_keys.{checksum(JWKS_URI)}")
    assert "private" not in json.dumps(kept)
    assert len(kept["keys"]["keys"]) == 1


def test_keys_that_cannot_be_fetched_are_reported_as_an_outage_and_not_as_a_wrong_client(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", SHORT_SECONDS)
    Client.objects.update(jwks_uri="https://a.hanging.example/silent")
    for _ in range(2):
        refused = app.exchange(code, **assertion(CHATGPT_APP))
        assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
        assert 0 < int(refused["Retry-After"]) <= backoff.FIRST_SECONDS
    assert documents.asked.count("https://a.hanging.example/silent") == 1


def test_too_many_fetches_are_reported_as_an_outage(
    documents: DocumentServer, app: App, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_fetches.slots, "total", 0)
    refused = app.exchange(code, **assertion(CHATGPT_APP))
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    monkeypatch.setattr(pending_fetches.slots, "total", pending_fetches.SLOTS)
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200
