"""Refreshes of clients that offer `none` beside `private_key_jwt`: tokens that their key was used for need it again."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client as Browser

from accounts.models import Client, RefreshToken
from tests.support.documents import DocumentServer
from tests.support.flows import App, approve
from tests.support.oauth.authorizations import is_live
from tests.support.oauth.client_keys import is_unproven
from tests.support.oauth.metadata_documents import CHATGPT, CHATGPT_APP, STRANGER, app_of, assertion
from tests.support.oauth.refreshing import is_refused, pair

pytestmark = pytest.mark.django_db

NEEDS_KEY = "issued upon a client_assertion"


@pytest.fixture
def app(documents: DocumentServer) -> App:
    documents.publish(CHATGPT)
    return app_of(CHATGPT)


def refresh_token(app: App, browser: Browser, **proof: str) -> str:
    """Return the refresh token for a code that is redeemed with the fields `proof`."""
    return pair(app.exchange(approve(browser, app), **proof))[1]


def test_a_refresh_token_issued_upon_an_assertion_is_redeemed_with_one_only(app: App, browser: Browser) -> None:
    token = refresh_token(app, browser, **assertion(CHATGPT))
    assert is_unproven(app.refresh(token), NEEDS_KEY)
    assert is_unproven(app.refresh(token, **assertion(CHATGPT, key=STRANGER)))
    _, successor = pair(app.refresh(token, **assertion(CHATGPT)))
    assert is_unproven(app.refresh(successor), NEEDS_KEY)
    assert pair(app.refresh(successor, **assertion(CHATGPT)))


def test_a_client_that_never_sends_an_assertion_refreshes_without(app: App, browser: Browser) -> None:
    _, successor = pair(app.refresh(refresh_token(app, browser)))
    assert pair(app.refresh(successor))


def test_a_client_that_begins_to_send_assertions_is_held_to_them(app: App, browser: Browser) -> None:
    _, successor = pair(app.refresh(refresh_token(app, browser), **assertion(CHATGPT)))
    assert is_unproven(app.refresh(successor), NEEDS_KEY)


def test_an_older_token_without_an_assertion_does_not_get_the_newest_pair(app: App, browser: Browser) -> None:
    """The refresh token was exchanged with an assertion, and is presented again within REFRESH_GRACE_SECONDS."""
    token = refresh_token(app, browser)
    newest = pair(app.refresh(token, **assertion(CHATGPT)))
    assert is_unproven(app.refresh(token), NEEDS_KEY)
    assert pair(app.refresh(token, **assertion(CHATGPT))) == newest


def test_a_thief_without_the_key_does_not_end_the_authorization(app: App, browser: Browser) -> None:
    token = refresh_token(app, browser, **assertion(CHATGPT))
    _, successor = pair(app.refresh(token, **assertion(CHATGPT)))
    RefreshToken.objects.update(revoked=F("revoked") - timedelta(days=1))
    assert is_unproven(app.refresh(token), NEEDS_KEY)
    assert is_live()
    assert pair(app.refresh(successor, **assertion(CHATGPT)))


def test_a_reuse_with_the_key_ends_the_authorization(app: App, browser: Browser) -> None:
    token = refresh_token(app, browser, **assertion(CHATGPT))
    pair(app.refresh(token, **assertion(CHATGPT)))
    RefreshToken.objects.update(revoked=F("revoked") - timedelta(days=1))
    assert is_refused(app.refresh(token, **assertion(CHATGPT)))
    assert not is_live()


def test_a_document_that_offers_none_later_does_not_release_its_tokens(
    browser: Browser, documents: DocumentServer
) -> None:
    app = app_of(CHATGPT_APP)
    token = refresh_token(app, browser, **assertion(CHATGPT_APP))
    documents.publish({**CHATGPT_APP, "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"]})
    Client.objects.update(cimd_expires_at=None)
    assert is_unproven(app.refresh(token), NEEDS_KEY)
    assert Client.objects.get().is_public
    assert pair(app.refresh(token, **assertion(CHATGPT_APP)))
