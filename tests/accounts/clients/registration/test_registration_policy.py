"""REGISTRATION: open, reviewed by an admin before the first use, or closed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client
from tests.support.documents import DocumentServer, serving_documents
from tests.support.flows import App, ask, register
from tests.support.oauth.metadata_documents import CLAUDE, app_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        server.publish(CLAUDE)
        yield server


def approve_all() -> None:
    Client.objects.update(approved_at=timezone.now())


def test_a_registered_client_waits_for_its_review(browser: Browser, settings: Any) -> None:
    settings.REGISTRATION = "reviewed"
    app = App.register()
    page = ask(browser, app)
    assert (page.status_code, "Waiting for approval" in page.text) == (400, True)
    approve_all()
    assert app.connect(browser)


def test_a_document_waits_for_its_review(documents: DocumentServer, browser: Browser, settings: Any) -> None:
    settings.REGISTRATION = "reviewed"
    assert "Waiting for approval" in ask(browser, app_of(CLAUDE)).text
    approve_all()
    assert app_of(CLAUDE).connect(browser)


def test_a_client_that_waits_gets_no_tokens(browser: Browser, settings: Any) -> None:
    app = App.register()
    tokens = app.connect(browser)
    Client.objects.update(approved_at=None)
    refused = app.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_document_that_changes_keeps_its_approval(documents: DocumentServer, browser: Browser, settings: Any) -> None:
    settings.REGISTRATION = "reviewed"
    ask(browser, app_of(CLAUDE))
    approve_all()
    Client.objects.update(cimd_expires_at=timezone.now())
    assert app_of(CLAUDE).connect(browser)


def test_no_client_registers_where_registration_is_closed(
    documents: DocumentServer, browser: Browser, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    refused = register()
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")
    assert "Invalid client_id" in ask(browser, app_of(CLAUDE)).text
    assert documents.asked == []
    assert not Client.objects.exists()


def test_clients_that_are_known_stay_when_registration_is_closed(browser: Browser, settings: Any) -> None:
    app = App.register()
    settings.REGISTRATION = "closed"
    assert app.connect(browser)


@pytest.mark.parametrize(("policy", "offered"), [("open", True), ("reviewed", True), ("closed", False)])
def test_the_metadata_shows_whether_registration_is_open(settings: Any, policy: str, offered: bool) -> None:
    settings.REGISTRATION = policy
    document = Browser().get("/.well-known/oauth-authorization-server").json()
    assert ("registration_endpoint" in document) == offered
    assert document["client_id_metadata_document_supported"] == offered


def test_a_client_that_changes_itself_is_reviewed_again(browser: Browser, settings: Any) -> None:
    settings.REGISTRATION = "reviewed"
    registered = register().json()
    approve_all()
    update = {"client_id": registered["client_id"], "redirect_uris": ["https://other.example/callback"]}
    changed = Browser().put(
        f"/oauth/register/{registered['client_id']}",
        update,
        content_type="application/json",
        headers={"Authorization": f"Bearer {registered['registration_access_token']}"},
    )
    assert changed.status_code == 200, changed.content
    app = App(registered["client_id"], redirect_uri="https://other.example/callback")
    assert "Waiting for approval" in ask(browser, app).text
