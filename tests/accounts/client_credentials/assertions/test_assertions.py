"""Assertions by which a client authenticates with its key (private_key_jwt)."""

import base64
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.client_credentials.assertions import ASSERTION_TYPE
from tests.support.documents import DocumentServer
from tests.support.flows import ISSUER, App, approve
from tests.support.oauth.client_keys import is_unproven
from tests.support.oauth.metadata_documents import CHATGPT, CHATGPT_APP, STRANGER, Document, app_of, assertion

pytestmark = pytest.mark.django_db


def test_a_client_that_has_only_its_key_completes_a_login_with_assertions(
    documents: DocumentServer, browser: Browser
) -> None:
    app = app_of(CHATGPT_APP)
    documents.publish(CHATGPT_APP)
    exchanged = app.exchange(approve(browser, app), **assertion(CHATGPT_APP))
    assert exchanged.status_code == 200, exchanged.content
    refreshed = app.refresh(exchanged.json()["refresh_token"], **assertion(CHATGPT_APP, aud=ISSUER))
    assert refreshed.status_code == 200, refreshed.content


def test_the_assertion_alone_may_name_the_client(documents: DocumentServer, browser: Browser) -> None:
    app = app_of(CHATGPT_APP)
    documents.publish(CHATGPT_APP)
    exchanged = app.exchange(approve(browser, app), client_id=None, **assertion(CHATGPT_APP))
    assert exchanged.status_code == 200, exchanged.content


def test_a_client_that_must_send_an_assertion_is_refused_without_it(
    documents: DocumentServer, browser: Browser
) -> None:
    app = app_of(CHATGPT_APP)
    documents.publish(CHATGPT_APP)
    code = approve(browser, app)
    refused = app.exchange(code)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert app.exchange(code, **assertion(CHATGPT_APP)).status_code == 200


BAD_ASSERTIONS = {
    "signed by a stranger": {"key": STRANGER},
    "by an unknown key id": {"kid": "other"},
    "for another server": {"aud": "https://other.example/oauth/token"},
    "of another issuer": {"iss": "https://evil.example/client.json"},
    "about another client": {"sub": "https://evil.example/client.json"},
    "expired": {"exp": 1},
    "living for too long": {"exp": timezone.now() + timedelta(days=1)},
    "without an expiry": {"exp": None},
    "without an id": {"jti": None},
    "not valid yet": {"nbf": timezone.now() + timedelta(hours=1)},
    "with a shared secret": {"key": "a-shared-secret-of-at-least-thirty-two-bytes", "alg": "HS256"},
    "by another algorithm than declared": {"alg": "PS256"},
}


@pytest.mark.parametrize("document", [CHATGPT, CHATGPT_APP], ids=["optional", "required"])
@pytest.mark.parametrize("changes", BAD_ASSERTIONS.values(), ids=BAD_ASSERTIONS.keys())
def test_an_assertion_that_is_sent_is_always_verified(
    documents: DocumentServer, browser: Browser, document: Document, changes: Document
) -> None:
    documents.publish(document)
    app = app_of(document)
    code = approve(browser, app)
    refused = app.exchange(code, **assertion(document, **changes))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), refused.content
    assert app.exchange(code, **assertion(document)).status_code == 200


@pytest.mark.parametrize("sent", ["", "no.jwt", "a.b.c", "\N{SNOWMAN}", "eyJhbGciOiJub25lIn0.e30."])
def test_an_assertion_that_is_not_a_jwt_is_refused(documents: DocumentServer, browser: Browser, sent: str) -> None:
    documents.publish(CHATGPT_APP)
    app = app_of(CHATGPT_APP)
    refused = app.exchange("code", client_assertion_type=ASSERTION_TYPE, client_assertion=sent)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_an_assertion_counts_once(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CHATGPT_APP)
    app = app_of(CHATGPT_APP)
    same = assertion(CHATGPT_APP)
    tokens = app.exchange(approve(browser, app), **same).json()
    repeated = app.refresh(tokens["refresh_token"], **same)
    assert (repeated.status_code, repeated.json()["error"]) == (401, "invalid_client")
    assert app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP)).status_code == 200


def test_keys_are_fetched_once_and_again_for_a_new_key_id(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CHATGPT_APP)
    app = app_of(CHATGPT_APP)
    tokens = app.exchange(approve(browser, app), **assertion(CHATGPT_APP)).json()
    tokens = app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP)).json()
    assert documents.asked.count("https://chatgpt.com/oauth/jwks.json") == 1
    new = {**jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "two"}
    documents.documents["https://chatgpt.com/oauth/jwks.json"] = {"keys": [new]}
    cache.clear()
    refreshed = app.refresh(tokens["refresh_token"], **assertion(CHATGPT_APP, key=STRANGER, kid="two"))
    assert refreshed.status_code == 200, refreshed.content


@pytest.mark.parametrize(
    "audience", [["http://localhost"], ["http://localhost", "https://other.example"], [], {"a": 1}, 1], ids=str
)
def test_an_audience_that_is_not_one_string_is_refused(app: App, code: str, audience: Any) -> None:
    assert is_unproven(app.exchange(code, **assertion(CHATGPT_APP, aud=audience)), "aud must be one string")
    assert app.exchange(code, **assertion(CHATGPT_APP, aud="http://localhost")).status_code == 200


def test_the_refusal_of_a_wrong_audience_names_the_right_ones(app: App, code: str) -> None:
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
