"""Clients that are their metadata document: those of real clients resolve and complete a login."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.client_credentials.assertions import ASSERTION_TYPE
from accounts.clients import documents as client_documents
from accounts.fetching import exchange
from accounts.models import Client, Event
from tests.support.documents import DocumentServer, look_up_by, serving_documents
from tests.support.factories import make_client
from tests.support.flows import ISSUER, App, approve, ask
from tests.support.oauth.bad_documents import BODIES
from tests.support.oauth.metadata_documents import (
    CHATGPT,
    CHATGPT_APP,
    CLAUDE,
    CLAUDE_CODE,
    KEYS,
    OPENCODE,
    STRANGER,
    VSCODE,
    Document,
    app_of,
    assertion,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        server.documents["https://chatgpt.com/oauth/jwks.json"] = KEYS
        yield server
    cache.clear()


@pytest.mark.parametrize(
    ("document", "redirect_uri"),
    [
        (CLAUDE, "https://claude.ai/api/mcp/auth_callback"),
        (CLAUDE_CODE, "http://localhost:3118/callback"),
        (CHATGPT, "https://chatgpt.com/connector_platform_oauth_redirect"),
        (VSCODE, "http://127.0.0.1:51234/"),
        (OPENCODE, "http://127.0.0.1:19876/callback"),
    ],
    ids=lambda value: value["client_id"] if isinstance(value, dict) else "",
)
def test_the_document_of_a_real_client_completes_a_login(
    documents: DocumentServer, browser: Browser, document: Document, redirect_uri: str
) -> None:
    documents.publish(document)
    app = app_of(document, redirect_uri)
    tokens = app.connect(browser)
    assert app.row.registration_source == Client.RegistrationSource.CIMD
    assert app.row.name == document["client_name"]
    assert app.refresh(tokens["refresh_token"]).status_code == 200


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
def test_an_assertion_that_is_no_jwt_is_refused(documents: DocumentServer, browser: Browser, sent: str) -> None:
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


def test_a_document_is_fetched_once_while_it_is_fresh(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    app_of(CLAUDE).connect(browser)
    assert documents.asked == [CLAUDE["client_id"]]


def test_a_stale_document_is_fetched_again_and_its_changes_count(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    app_of(CLAUDE).connect(browser)
    documents.publish({**CLAUDE, "client_name": "Claude 2"})
    Client.objects.update(cimd_expires_at=timezone.now())
    assert "Claude 2" in ask(browser, app_of(CLAUDE)).text


def test_a_stale_copy_serves_for_a_week_while_the_document_cannot_be_fetched(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    documents.documents.clear()
    now = timezone.now()
    Client.objects.update(cimd_expires_at=now, document_fetched_at=now - timedelta(days=6, hours=23))
    assert app.connect(browser)
    assert Event.objects.filter(reason="document_refused", client_id=app.client_id).exists()
    Client.objects.update(document_fetched_at=now - timedelta(days=7, minutes=1))
    assert "Invalid client_id" in ask(browser, app).text


def test_somebody_who_signs_in_first_is_served_by_a_client_that_was_gone_for_long(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    long_ago = timezone.now() - timedelta(days=30)
    Client.objects.update(cimd_expires_at=long_ago, document_fetched_at=long_ago)
    documents.asked.clear()
    assert Browser().get(app.authorization_url()).status_code == 302
    assert documents.asked == []
    assert app.connect(browser)


def test_an_unknown_document_that_does_not_come_is_told_as_an_outage(
    documents: DocumentServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.5)
    app = App("https://a.hanging.example/client.json", redirect_uri="https://app.example/callback")
    for _ in range(2):
        page = ask(browser, app)
        assert (page.status_code, "Not available at the moment" in page.text) == (503, True)
        assert 0 < int(page["Retry-After"]) <= 60
    assert len(documents.asked) == 1


def test_a_stale_copy_serves_while_its_document_hangs(
    documents: DocumentServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.5)
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    Client.objects.update(cimd_expires_at=timezone.now())
    look_up_by(lambda *_: documents.is_over.wait(2) or ["127.0.0.1"])
    assert app.connect(browser)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_document_that_cannot_be_read_is_a_refusal_with_an_event_and_a_backoff(
    documents: DocumentServer, browser: Browser, body: bytes
) -> None:
    app = app_of(CLAUDE)
    documents.documents[app.client_id] = body
    assert [ask(browser, app).status_code for _ in range(3)] == [400, 400, 400]
    assert len(documents.asked) == 1
    assert Event.objects.filter(reason="document_refused", client_id=app.client_id).count() == 1


NESTED: Any = []
for _ in range(150):
    NESTED = [NESTED]
# How many of the values below, from the last one on, do no harm in a member: texts that are left out or looked at by
# no rule. Every other is refused.
ACCEPTED = {"client_uri": 2, "logo_uri": 2, "application_type": 1, "anything": 8}


@pytest.mark.parametrize("member", [*CLAUDE, "jwks", "jwks_uri", "logo_uri", "scope", "application_type", "anything"])
def test_a_document_with_a_member_of_another_type_is_never_a_defect(
    documents: DocumentServer, browser: Browser, member: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, statuses = app_of(CLAUDE), []
    for value in (NESTED, {"a": NESTED}, 10**4000, -1.5, True, None, "\x00", "a" * 10_000):
        cache.clear()
        Client.objects.all().delete()
        documents.documents[app.client_id] = {**CLAUDE, member: value}
        statuses.append(ask(browser, app).status_code)
    accepted = ACCEPTED.get(member, 0)
    assert statuses == [400] * (8 - accepted) + [200] * accepted
    assert len(documents.asked) == 8
    assert "cannot be read" not in caplog.text


def test_an_unexpected_error_is_a_refusal_with_an_event_and_a_backoff(
    documents: DocumentServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    documents.publish(CLAUDE)
    monkeypatch.setattr(client_documents, "write", fail)
    assert [ask(browser, app_of(CLAUDE)).status_code for _ in range(2)] == [400, 400]
    assert len(documents.asked) == 1
    assert Event.objects.get(reason="document_refused").detail == "It cannot be read: RecursionError."


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "https://app.example/other.json"},
        {"client_secret": "x"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": None},
        {"redirect_uris": []},
        {"redirect_uris": ["http://app.example/callback"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": "https://app.example/callback"},
        {"grant_types": ["client_credentials"]},
        {"client_name": 5},
        {"redirect_uris": ["https://evil%2Eexample/callback"]},
        {"jwks_uri": "https://evil.example./keys"},
    ],
    ids=str,
)
def test_a_document_that_cannot_be_trusted_makes_no_client(
    documents: DocumentServer, browser: Browser, changes: Document
) -> None:
    honest: Document = {
        "client_id": "https://app.example/client.json",
        "redirect_uris": ["https://app.example/callback"],
    }
    documents.documents[honest["client_id"]] = {**honest, **changes}
    page = ask(browser, app_of(honest))
    assert page.status_code == 400
    assert "Invalid client_id" in page.text
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "client_id",
    [
        "https://app.example",
        "https://app.example/a/../client.json",
        "https://user@app.example/client.json",
        "https://app.example/client.json#x",
        "https://[::1/client.json",
        "https://app.example:99999/client.json",
        "https://a..b/client.json",
        f"https://app.example/{'x' * 300}",
        "https://app.example/{x}",
        "https://app.example/é",
        "https://app.example/a b",
        "https://ápp.example/client.json",
        "https://App.example/client.json",
        "https://app%2Eexample/client.json",
        "https://app.example./client.json",
        "https://app.example:443/client.json",
        "https://app.example:0/client.json",
        "https://app.example\\client.json",
        "https://claude.ai%E3%80%82evil.example/client.json",
        "https://127.1/client.json",
        "http://app.example/client.json",
    ],
)
def test_an_address_that_is_no_document_is_an_unknown_client(
    documents: DocumentServer, browser: Browser, client_id: str
) -> None:
    page = ask(browser, App(client_id, redirect_uri="https://app.example/callback"))
    assert page.status_code == 400
    assert "Invalid client_id" in page.text
    assert documents.asked == []


def test_a_name_in_a_document_loses_what_is_not_seen_and_what_it_claims(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish({**CLAUDE, "client_name": "✅ Claude\N{RIGHT-TO-LEFT OVERRIDE}\U000e0041 [Verified]"})
    page = ask(browser, app_of(CLAUDE)).text
    assert Client.objects.get().name == "Claude"
    assert '<bdi title="Claude">Claude</bdi>' in page


@pytest.mark.parametrize("client_id", ["https://evil%2Eexample/c.json", "https://evil.example/{x}"])
def test_a_document_that_was_stored_under_another_address_before_is_forgotten(
    documents: DocumentServer, browser: Browser, client_id: str
) -> None:
    client = make_client(client_id=client_id, registration_source="cimd", document_fetched_at=timezone.now())
    app = App(client_id, redirect_uri=client.redirect_uris)
    assert ask(browser, app).status_code == 400
    assert documents.asked == []


def test_a_document_that_failed_is_not_asked_for_again_at_once(documents: DocumentServer, browser: Browser) -> None:
    app = app_of(CLAUDE)
    assert [ask(browser, app).status_code for _ in range(3)] == [400, 400, 400]
    assert len(documents.asked) == 1


def test_a_document_never_takes_over_a_client_made_by_hand(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    Client.objects.create(client_id=CLAUDE["client_id"], name="Ours", redirect_uris="https://ours.example/callback")
    assert "Invalid redirect_uri" in ask(browser, app_of(CLAUDE)).text
    assert documents.asked == []


def test_only_allowed_hosts_may_bring_documents(documents: DocumentServer, browser: Browser, settings: Any) -> None:
    settings.CLIENT_DOCUMENT_HOSTS = ["claude.ai"]
    documents.publish(CLAUDE)
    documents.publish(VSCODE)
    assert app_of(CLAUDE).connect(browser)
    assert "Invalid client_id" in ask(browser, app_of(VSCODE)).text


def test_a_client_is_verified_by_its_documents_domain_alone(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    documents.publish(CLAUDE_CODE)
    documents.publish(
        {"client_id": "https://evil.example/c.json", "client_name": "Claude", "redirect_uris": CLAUDE["redirect_uris"]}
    )
    assert "confirmed by that address" in ask(browser, app_of(CLAUDE)).text
    assert "has not been verified" in ask(browser, app_of(CLAUDE_CODE, "http://localhost:3118/callback")).text
    evil = App("https://evil.example/c.json", redirect_uri=CLAUDE["redirect_uris"][0])
    assert "has not been verified" in ask(browser, evil).text
