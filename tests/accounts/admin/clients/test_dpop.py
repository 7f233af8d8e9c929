"""*Require DPoP*: the operator demands of a client to bind its tokens to a key."""

import pytest
from django.test import Client as Browser

from accounts.clients import documents as client_documents
from accounts.models import Client
from tests.support.admin.pages import press, select, text_of, url
from tests.support.documents import DocumentServer
from tests.support.factories import make_client
from tests.support.oauth.metadata_documents import CHATGPT

pytestmark = pytest.mark.django_db

DOCUMENT = str(CHATGPT["client_id"])


def page_of(browser: Browser, client: Client) -> str:
    return text_of(browser.get(url("client_change", client.pk)))


def is_required(client: Client) -> bool:
    client.refresh_from_db()
    return client.requires_dpop


def test_it_is_required_and_offered_again(admin_client: Browser) -> None:
    client = make_client()
    assert "Do not require DPoP" not in page_of(admin_client, client)
    assert "required from the next token on" in press(admin_client, client, "require_dpop")
    assert is_required(client)
    assert "required by an operator" in page_of(admin_client, client)
    assert "no longer required" in press(admin_client, client, "accept_bearer")
    assert not is_required(client)


def test_it_is_required_of_several_clients(admin_client: Browser) -> None:
    clients = [make_client(name="One"), make_client(name="Two")]
    select(admin_client, "client", clients, "require_dpop")
    assert all(map(is_required, clients))


def test_the_page_says_that_the_client_demands_it_itself(admin_client: Browser) -> None:
    assert "required by its metadata" in page_of(admin_client, make_client(dpop_bound_access_tokens=True))


def test_a_new_metadata_document_keeps_what_the_operator_demands(
    admin_client: Browser, documents: DocumentServer
) -> None:
    documents.documents[DOCUMENT] = {**CHATGPT, "dpop_bound_access_tokens": True}
    client_documents.fetch_if_stale(DOCUMENT, requester="test")
    client = Client.objects.get()
    assert client.dpop_bound_access_tokens
    press(admin_client, client, "require_dpop")
    documents.documents[DOCUMENT] = CHATGPT
    Client.objects.update(cimd_expires_at=None)
    client_documents.fetch_if_stale(DOCUMENT, requester="test")
    assert is_required(client)
    assert not client.dpop_bound_access_tokens
