"""Fixtures of the tests of assertions: a client that authenticates with its key."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.fetching import exchange
from tests.support.documents import DocumentServer, serving_documents
from tests.support.flows import App, approve
from tests.support.oauth.client_keys import JWKS_URI
from tests.support.oauth.metadata_documents import CHATGPT_APP, KEYS, app_of
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentServer]:
    cache.clear()
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", PATIENCE_SECONDS)
    with serving_documents() as server:
        server.publish(CHATGPT_APP)
        server.documents[JWKS_URI] = KEYS
        yield server
    cache.clear()


@pytest.fixture
def app(documents: DocumentServer) -> App:
    return app_of(CHATGPT_APP)


@pytest.fixture
def code(app: App, browser: Browser) -> str:
    return approve(browser, app)
