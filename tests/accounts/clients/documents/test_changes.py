"""Metadata documents that change after the operator approved their client."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone

from accounts.clients import documents as client_documents
from accounts.fetching import exchange
from accounts.models import Client
from tests.support.documents import DocumentServer, serving_documents
from tests.support.flows import App, Response, ask
from tests.support.oauth.client_changes import OTHER_KEYS, events_of_change
from tests.support.oauth.metadata_documents import CHATGPT, KEYS, app_of
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db

BASE: dict[str, Any] = {**CHATGPT, "jwks": KEYS}

# Each change of a document, with the detail of its event.
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"client_name": "Other"}, "name changed"),
    "home page": ({"client_uri": "https://other.example/"}, "client_uri changed: chatgpt.com → other.example"),
    "another address": (
        {"redirect_uris": [*BASE["redirect_uris"], "https://evil.example/cb"]},
        "redirect_uris changed: chatgpt.com → chatgpt.com, evil.example",
    ),
    "address on the same host": (
        {"redirect_uris": ["https://chatgpt.com/other"]},
        "redirect_uris changed: chatgpt.com → chatgpt.com",
    ),
    "address of an app": (
        {"redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"]},
        "redirect_uris changed: chatgpt.com → com.example.app:, http:",
    ),
    "authentication": (
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        "token_endpoint_auth_method changed",
    ),
    "address of keys": ({"jwks_uri": "https://evil.example/jwks"}, "jwks_uri changed: chatgpt.com → evil.example"),
    "keys": ({"jwks": OTHER_KEYS}, "jwks changed"),
    "no address of keys": ({"jwks_uri": ""}, "jwks_uri changed: chatgpt.com → none"),
}

everything = pytest.mark.parametrize(("changes", "told"), CHANGES.values(), ids=CHANGES.keys())


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentServer]:
    cache.clear()
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", PATIENCE_SECONDS)
    with serving_documents() as server:
        server.documents["https://chatgpt.com/oauth/jwks.json"] = KEYS
        server.publish(BASE)
        yield server
    cache.clear()


@pytest.fixture
def app(documents: DocumentServer, browser: Browser) -> App:
    """A client with a metadata document that the operator approved."""
    app = app_of(BASE)
    ask(browser, app)
    Client.objects.update(approved_at=timezone.now())
    return app


def changed(documents: DocumentServer, browser: Browser, app: App, **changes: Any) -> Response:
    """Change the document, make its copy stale, and return the consent page."""
    documents.publish({**BASE, **changes})
    Client.objects.update(cimd_expires_at=timezone.now())
    return ask(browser, app, redirect_uri=app.row.redirect_uris.split()[0])


@everything
def test_a_document_that_changes_what_was_approved_is_reviewed_anew(
    reviewed: None, documents: DocumentServer, browser: Browser, app: App, changes: dict[str, Any], told: str
) -> None:
    page = changed(documents, browser, app, **changes)
    assert "Waiting for approval" in page.text
    assert app.row.approved_at is None
    assert events_of_change() == [f"Waits for a review: {told}."]


@everything
def test_a_document_that_changes_is_an_event_where_registration_is_open(
    documents: DocumentServer, browser: Browser, app: App, changes: dict[str, Any], told: str
) -> None:
    changed(documents, browser, app, **changes)
    assert app.row.approved_at is not None
    assert events_of_change() == [f"{told}."]


def test_a_document_that_changes_is_reviewed_where_registration_is_closed_too(
    documents: DocumentServer, browser: Browser, app: App, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    assert "Waiting for approval" in changed(documents, browser, app, client_name="Other").text


@pytest.mark.parametrize(
    "changes", [{}, {"logo_uri": "https://chatgpt.com/new.png"}, {"scope": "read write"}, {"software_version": "2"}]
)
def test_unreviewed_metadata_may_change_without_a_review(
    reviewed: None, documents: DocumentServer, browser: Browser, app: App, changes: dict[str, Any]
) -> None:
    assert changed(documents, browser, app, **changes).status_code == 200
    assert app.row.approved_at is not None
    assert events_of_change() == (
        ["logo_uri changed: persistent.oaistatic.com → chatgpt.com."] if "logo_uri" in changes else []
    )


def test_keys_that_are_kept_in_another_order_of_members_are_the_same(app: App) -> None:
    client = app.row
    was = client.fingerprint
    assert client.jwks
    client.jwks = {"keys": [dict(reversed(key.items())) for key in client.jwks["keys"]]}
    assert client.fingerprint == was


def test_tokens_of_a_client_that_waits_for_its_review_again_are_refused(
    reviewed: None, documents: DocumentServer, browser: Browser, app: App
) -> None:
    tokens = app.connect(browser)
    changed(documents, browser, app, client_name="Other")
    refused = app.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_change_at_a_token_request_ends_it(
    reviewed: None, documents: DocumentServer, browser: Browser, app: App
) -> None:
    tokens = app.connect(browser)
    documents.publish({**BASE, "redirect_uris": ["https://evil.example/cb"]})
    Client.objects.update(cimd_expires_at=timezone.now())
    assert app.refresh(tokens["refresh_token"]).status_code == 401
    assert app.row.approved_at is None


def test_an_event_of_a_change_holds_few_hosts_and_no_values(
    documents: DocumentServer, browser: Browser, app: App
) -> None:
    many = [f"https://{number:02}.{'a' * 60}.example/{'x' * 100}" for number in range(9)]
    changed(documents, browser, app, redirect_uris=many, client_name="<b>" * 50)
    [detail] = events_of_change()
    assert len(detail) <= 500
    assert "and 4 more" in detail
    assert "<b>" not in detail
    assert "xxx" not in detail


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_processes_that_refresh_at_once_see_one_change(reviewed: None) -> None:
    client_documents.write(BASE["client_id"], BASE, timedelta(hours=1))
    Client.objects.update(approved_at=timezone.now())

    def write(_: int) -> None:
        client_documents.write(BASE["client_id"], {**BASE, "client_name": "Other"}, timedelta(hours=1))
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(events_of_change()) == 1
    assert Client.objects.get().approved_at is None
