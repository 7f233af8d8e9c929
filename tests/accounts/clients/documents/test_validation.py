"""Metadata documents that cannot be read or trusted, each of which is refused."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.clients import documents as client_documents
from accounts.models import Client, Event
from tests.support.documents import DocumentServer
from tests.support.flows import App, ask
from tests.support.oauth.bad_documents import BODIES
from tests.support.oauth.metadata_documents import CLAUDE, Document, app_of

pytestmark = pytest.mark.django_db


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

VALUES: tuple[Any, ...] = (NESTED, {"a": NESTED}, 10**4000, -1.5, True, "\x00", "a" * 10_000, None)
# The number of the last values above that each member accepts: null, which counts as absent, and texts that are
# ignored, cut, or validated by no rule. All other values are refused.
ACCEPTED = {
    "client_id": 0,
    "redirect_uris": 0,
    "client_name": 2,
    "client_uri": 3,
    "logo_uri": 3,
    "application_type": 2,
    "anything": len(VALUES),
}


@pytest.mark.parametrize("member", [*CLAUDE, "jwks", "jwks_uri", "logo_uri", "scope", "application_type", "anything"])
def test_a_document_with_a_member_of_another_type_is_never_a_defect(
    documents: DocumentServer, browser: Browser, member: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, statuses = app_of(CLAUDE), []
    for value in VALUES:
        cache.clear()
        Client.objects.all().delete()
        documents.documents[app.client_id] = {**CLAUDE, member: value}
        statuses.append(ask(browser, app).status_code)
    accepted = ACCEPTED.get(member, 1)
    assert statuses == [400] * (len(VALUES) - accepted) + [200] * accepted
    assert len(documents.asked) == len(VALUES)
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
def test_an_address_that_is_not_a_documents_is_an_unknown_client(
    documents: DocumentServer, browser: Browser, client_id: str
) -> None:
    page = ask(browser, App(client_id, redirect_uri="https://app.example/callback"))
    assert page.status_code == 400
    assert "Invalid client_id" in page.text
    assert documents.asked == []
