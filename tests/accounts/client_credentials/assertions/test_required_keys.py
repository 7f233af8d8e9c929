"""Clients that offer `none` beside `private_key_jwt`, and are held to their key by the operator."""

import pytest
from django.test import Client as Browser

from accounts.clients import documents as client_documents
from accounts.models import Client
from tests.support.admin.pages import press, text_of, url
from tests.support.documents import DocumentServer
from tests.support.factories import make_client
from tests.support.flows import App, approve
from tests.support.oauth.client_keys import is_unproven
from tests.support.oauth.metadata_documents import CHATGPT, STRANGER, Document, app_of, assertion

pytestmark = pytest.mark.django_db

REQUIRED = "The operator of this server requires a client_assertion"


@pytest.fixture
def app(documents: DocumentServer) -> App:
    documents.publish(CHATGPT)
    return app_of(CHATGPT)


def publish(documents: DocumentServer, document: Document) -> None:
    documents.publish(document)
    Client.objects.update(cimd_expires_at=None)
    client_documents.fetch_if_stale(document["client_id"], requester="test")


def test_its_refreshes_are_refused_without_an_assertion_from_then_on(
    app: App, browser: Browser, admin_client: Browser
) -> None:
    tokens = app.exchange(approve(browser, app)).json()
    press(admin_client, Client.objects.get(), "require_key")
    refresh_token = tokens["refresh_token"]
    assert is_unproven(app.refresh(refresh_token), REQUIRED)
    assert is_unproven(app.refresh(refresh_token, **assertion(CHATGPT, key=STRANGER)))
    refreshed = app.refresh(refresh_token, **assertion(CHATGPT))
    assert refreshed.status_code == 200, refreshed.content


def test_its_codes_are_not_consumed_without_an_assertion(app: App, browser: Browser) -> None:
    code = approve(browser, app)
    Client.objects.update(requires_assertion=True)
    assert is_unproven(app.exchange(code), REQUIRED)
    assert app.exchange(code, **assertion(CHATGPT)).status_code == 200


def test_a_document_that_offers_none_alone_does_not_undo_it(
    app: App, browser: Browser, documents: DocumentServer
) -> None:
    code = approve(browser, app)
    Client.objects.update(requires_assertion=True)
    offered = {"token_endpoint_auth_method": "none", "token_endpoint_auth_methods_supported": ["none"]}
    publish(documents, {**CHATGPT, **offered, "jwks_uri": ""})
    assert is_unproven(app.exchange(code), REQUIRED)
    assert is_unproven(app.exchange(code, **assertion(CHATGPT)))
    publish(documents, CHATGPT)
    assert app.exchange(code, **assertion(CHATGPT)).status_code == 200


def test_a_document_that_requires_the_key_later_and_offers_none_again_keeps_it(
    app: App, browser: Browser, documents: DocumentServer
) -> None:
    code = approve(browser, app)
    Client.objects.update(requires_assertion=True)
    publish(documents, {**CHATGPT, "token_endpoint_auth_methods_supported": ["private_key_jwt"]})
    assert is_unproven(app.exchange(code))
    publish(documents, CHATGPT)
    assert is_unproven(app.exchange(code), REQUIRED)


def test_the_operator_requires_it_and_no_longer_does(app: App, browser: Browser, admin_client: Browser) -> None:
    code = approve(browser, app)
    client = Client.objects.get()
    page = url("client_change", client.pk)
    assert "verified where it is used" in text_of(admin_client.get(page))
    assert "must authenticate with its key" in press(admin_client, client, "require_key")
    assert "required by an operator" in text_of(admin_client.get(page))
    assert is_unproven(app.exchange(code), REQUIRED)
    assert "no longer required" in press(admin_client, client, "accept_without_key")
    assert app.exchange(code).status_code == 200


def test_a_client_without_keys_is_not_held_to_them(admin_client: Browser) -> None:
    client = make_client()
    assert "Require its key" not in text_of(admin_client.get(url("client_change", client.pk)))
    press(admin_client, client, "require_key")
    client.refresh_from_db()
    assert not client.requires_assertion
