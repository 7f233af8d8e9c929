"""Clients that are identified by their metadata document: real ones complete a login."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client
from tests.support.documents import DocumentServer
from tests.support.factories import make_client
from tests.support.flows import App, ask
from tests.support.oauth.metadata_documents import CHATGPT, CLAUDE, CLAUDE_CODE, OPENCODE, VSCODE, Document, app_of

pytestmark = pytest.mark.django_db


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


def test_a_name_in_a_document_loses_invisible_characters_and_claims(
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
    assert "Verified by claude.ai" in ask(browser, app_of(CLAUDE)).text
    assert "has not been verified" in ask(browser, app_of(CLAUDE_CODE, "http://localhost:3118/callback")).text
    evil = App("https://evil.example/c.json", redirect_uri=CLAUDE["redirect_uris"][0])
    assert "has not been verified" in ask(browser, evil).text
