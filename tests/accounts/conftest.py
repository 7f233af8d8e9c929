"""Fixtures: an app that registered itself, and a person at a browser who is signed in."""

from collections.abc import Iterable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from pytest_django import Settings

from accounts import pruning
from accounts.admin.clients import block_page, lookalikes
from accounts.admin_base import mixins
from accounts.audit import events
from accounts.models import Event, User
from accounts.revocation import authorizations, deletion
from tests.support.documents import DocumentServer, serving_documents
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.identity_provider import Provider
from tests.support.oauth.metadata_documents import KEYS


@pytest.fixture
def app(db: None) -> App:
    return App.register()


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def browser(person: User) -> Browser:
    return sign_in(person)


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    running = Provider()
    app = {
        "provider_id": "sso",
        "name": "Example Inc.",
        "client_id": "us",
        "secret": "secret",
        "settings": {"server_url": running.issuer},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield running
    running.close()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorizations, "BATCH", 2)
    monkeypatch.setattr(authorizations.in_batches, "__defaults__", (2,))
    monkeypatch.setattr(deletion, "BATCH", 2)
    monkeypatch.setattr(deletion, "AT_ONCE", 2)
    monkeypatch.setattr(mixins, "AT_ONCE", 2)
    monkeypatch.setattr(pruning, "BATCH", 2)
    monkeypatch.setattr(block_page, "BATCH", 2)
    monkeypatch.setattr(lookalikes, "BATCH_SIZE", 2)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the number of events of each statement."""
    written: list[int] = []
    record_all = events.record_all

    def counted(described: Iterable[Event]) -> None:
        listed = list(described)
        written.append(len(listed))
        record_all(listed)

    monkeypatch.setattr(events, "record_all", counted)
    return written


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        server.documents["https://chatgpt.com/oauth/jwks.json"] = KEYS
        yield server
    cache.clear()


@pytest.fixture
def empty_cache() -> None:
    cache.clear()
