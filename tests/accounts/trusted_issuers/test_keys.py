"""The keys of an issuer at its JWKS URI, which is fetched like that of a client: guarded, bounded and copied."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from accounts.client_credentials.assertions import ASSERTION_TYPE
from accounts.fetching import exchange
from accounts.models import Event, TrustedIssuer, User
from accounts.trusted_issuers import keys
from tests.support.documents import DocumentServer, look_up_by, serving_documents
from tests.support.flows import App
from tests.support.oauth.bad_documents import BODIES
from tests.support.oauth.trusted_issuers import Signer, is_refused, list_subject, present, trust

pytestmark = pytest.mark.django_db

JWKS_URI = "https://app.example/jwks.json"


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        yield server
    cache.clear()


@pytest.fixture
def row(documents: DocumentServer, acme: Signer, app: App, person: User) -> TrustedIssuer:
    documents.documents[JWKS_URI] = acme.jwks
    row = trust(acme, app, jwks=None, jwks_uri=JWKS_URI)
    list_subject(row, person)
    return row


def test_keys_are_fetched_once_and_again_for_a_new_key(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer
) -> None:
    for _ in range(3):
        assert present(app, acme.id_jag(app)).status_code == 200
    assert documents.asked == [JWKS_URI]
    rotated = Signer()
    documents.documents[JWKS_URI] = {"keys": [{**rotated.jwks["keys"][0], "kid": "two"}]}
    cache.delete(keys.fetched_by(row).mark)
    claims = {**rotated.times(), "sub": "U019488227", "resource": "http://localhost/mcp", "client_id": app.client_id}
    assert present(app, rotated.sign(claims, kid="two", typ="oauth-id-jag+jwt")).status_code == 200
    assert documents.asked == [JWKS_URI] * 2
    assert Event.objects.get(action="issuer keys").detail == "Acme: the keys changed: 1 new, 1 removed."
    assert present(app, acme.id_jag(app)).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"aud": "https://x"}, {"exp": 1}, {"client_id": "x"}, {"iss": "https://x"}, {"sub": 1}]
)
def test_assertion_that_cannot_be_accepted_fetches_no_keys(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer, changes: dict[str, Any]
) -> None:
    assert is_refused(present(app, acme.id_jag(app, **changes)))
    assert documents.asked == []


def test_unknown_key_ids_fetch_the_keys_once_a_minute_at_most(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer
) -> None:
    for number in range(5):
        claims = {**acme.times(), "sub": "x", "resource": "http://localhost/mcp", "client_id": app.client_id}
        assert is_refused(present(app, acme.sign(claims, kid=f"unknown-{number}", typ="oauth-id-jag+jwt")))
    assert documents.asked == [JWKS_URI]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_document_that_is_no_key_set_is_an_invalid_grant(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer, body: bytes
) -> None:
    documents.documents[JWKS_URI] = body
    assert is_refused(present(app, acme.id_jag(app)))
    assert Event.objects.filter(reason="issuer_keys_refused").count() == 1
    is_refused(present(app, acme.id_jag(app)))
    assert len(documents.asked) == 1


def test_address_in_the_own_network_is_not_fetched(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer
) -> None:
    def refuse(host: str, port: int) -> list[str]:
        raise exchange.FetchError("The host is not on the public internet.")

    look_up_by(refuse)
    assert is_refused(present(app, acme.id_jag(app)))
    assert documents.asked == []


def test_issuer_that_does_not_answer_is_a_503_to_try_again(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 1.0)
    TrustedIssuer.objects.update(jwks_uri="https://a.hanging.example/jwks.json")
    answer = present(app, acme.id_jag(app))
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert int(answer["Retry-After"]) > 0


def test_copy_is_used_while_the_issuer_is_away(
    documents: DocumentServer, acme: Signer, app: App, row: TrustedIssuer
) -> None:
    assert present(app, acme.id_jag(app)).status_code == 200
    documents.documents.clear()
    assert present(app, acme.id_jag(app)).status_code == 200


def test_client_that_the_operator_chose_proves_itself_by_keys_that_are_fetched(
    documents: DocumentServer, acme: Signer, issuer: TrustedIssuer
) -> None:
    """No person has approved it: its first token is that of an ID-JAG."""
    client, key_address = Signer(), "https://app.example/client.json"
    documents.documents[key_address] = client.jwks
    by_key = App.by_hand(token_endpoint_auth_method="private_key_jwt", jwks_uri=key_address)
    agent = App(by_key.client_id)
    client_assertion = client.sign({**client.times(), "iss": agent.client_id, "sub": agent.client_id})
    proof = {"client_assertion": client_assertion, "client_assertion_type": ASSERTION_TYPE}
    assert present(agent, acme.id_jag(agent), **proof).status_code == 401
    assert documents.asked == []
    issuer.clients.add(agent.row)
    assert present(agent, acme.id_jag(agent), **proof).status_code == 200
    assert documents.asked == [key_address]
