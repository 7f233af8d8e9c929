"""Metadata documents of which a part may not be registered, or is null."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.clients import documents as client_documents
from accounts.models import Client, Event
from tests.support.documents import DocumentServer
from tests.support.flows import ask
from tests.support.oauth.client_changes import events_of_change
from tests.support.oauth.metadata_documents import CHATGPT_APP, CLAUDE, CLAUDE_CODE, Document, app_of

pytestmark = pytest.mark.django_db

TOMORROW = {"keys": [{"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"}]}


def publish_again(documents: DocumentServer, document: Document) -> None:
    """Publish another version of a document, whose copy has become stale."""
    documents.publish(document)
    Client.objects.update(cimd_expires_at=timezone.now())
    client_documents.fetch_if_stale(document["client_id"], requester="a test")


def test_a_bad_redirect_uri_of_a_document_is_left_out(documents: DocumentServer, browser: Browser) -> None:
    bad = ["javascript:alert(1)", "http://claude.ai/callback"]
    documents.publish({**CLAUDE, "redirect_uris": [*bad, *CLAUDE["redirect_uris"]]})
    assert ask(browser, app_of(CLAUDE)).status_code == 200
    assert Client.objects.get().redirect_uris == CLAUDE["redirect_uris"][0]
    event = Event.objects.get(kind=Event.Kind.REGISTRATION, action="document")
    assert all(f"'{uri}'" in event.detail for uri in bad)
    assert [ask(browser, app_of(CLAUDE, uri)).status_code for uri in bad] == [400, 400]


def test_a_bad_redirect_uri_that_a_document_gains_is_no_event_of_each_fetch(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    ask(browser, app_of(CLAUDE))
    uris = [*CLAUDE["redirect_uris"], "javascript:alert(1)"]
    for _ in range(2):
        publish_again(documents, {**CLAUDE, "redirect_uris": uris})
    assert events_of_change() == []
    publish_again(documents, {**CLAUDE, "client_name": "Other", "redirect_uris": uris})
    [detail] = events_of_change()
    assert detail.startswith("name changed. ")
    assert "'javascript:alert(1)'" in detail


def test_null_in_a_document_counts_as_absent(documents: DocumentServer, browser: Browser) -> None:
    required = ("client_id", "redirect_uris")
    optional = [*CLAUDE, "jwks", "jwks_uri", "logo_uri", "scope", "client_secret", "software_statement"]
    nulls = dict.fromkeys(name for name in optional if name not in required)
    documents.publish({**nulls, **{name: CLAUDE[name] for name in required}})
    assert ask(browser, app_of(CLAUDE)).status_code == 200
    assert Client.objects.get().token_endpoint_auth_method == "none"


def test_a_long_name_in_a_document_is_cut(documents: DocumentServer, browser: Browser) -> None:
    documents.publish({**CLAUDE, "client_name": "x" * 1000})
    assert ask(browser, app_of(CLAUDE)).status_code == 200
    assert Client.objects.get().name == "x" * 255


def test_keys_that_are_all_unknown_do_not_matter_to_a_document_without_authentication(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE_CODE)
    ask(browser, app_of(CLAUDE_CODE))
    publish_again(documents, {**CLAUDE_CODE, "client_name": "Newer", "jwks": TOMORROW})
    client = Client.objects.get()
    assert (client.name, client.jwks) == ("Newer", None)


def test_a_document_that_authenticates_needs_a_key_that_is_known(documents: DocumentServer, browser: Browser) -> None:
    documents.publish({**CHATGPT_APP, "jwks_uri": None, "jwks": TOMORROW})
    assert ask(browser, app_of(CHATGPT_APP)).status_code == 400
    assert "private_key_jwt requires" in Event.objects.get(reason="document_refused").detail
