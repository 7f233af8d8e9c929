"""A client that looks like a suspended one waits for a review, however it comes back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, Event
from tests.support.admin.pages import confirmed
from tests.support.documents import DocumentServer, serving_documents
from tests.support.flows import App, ask, register
from tests.support.oauth.consent_pages import is_asked, put
from tests.support.oauth.metadata_documents import CLAUDE, app_of

pytestmark = pytest.mark.django_db

URI = "https://evil.example/callback"
LOOPBACK = "http://localhost:1111/callback"


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        yield server


@pytest.fixture
def suspended(db: None) -> Client:
    client = App.register(client_name="Evil", redirect_uris=[URI, LOOPBACK]).row
    Client.objects.update(suspended_at=timezone.now())
    return client


def waits(browser: Browser, app: App) -> bool:
    return "Waiting for approval" in ask(browser, app).text


@pytest.mark.parametrize(
    ("name", "uris"),
    [
        ("Evil", [URI, LOOPBACK]),
        ("EVIL", [URI]),
        ("Ev\u0456l", [URI, "https://evil.example/other"]),
        ("Evil", ["http://localhost:2222/callback"]),
    ],
)
def test_a_new_registration_waits(browser: Browser, suspended: Client, name: str, uris: list[str]) -> None:
    app = App.register(client_name=name, redirect_uris=uris)
    assert waits(browser, app)
    event = Event.objects.filter(kind="registration", client_id=app.client_id).get()
    assert event.detail == "Waits for a review: it looks like a suspended client."


@pytest.mark.parametrize(
    ("name", "uris"), [("Good", [URI]), ("Evil", ["https://good.example/callback"]), ("Good", [LOOPBACK])]
)
def test_a_client_of_another_name_or_address_does_not(
    browser: Browser, suspended: Client, name: str, uris: list[str]
) -> None:
    assert is_asked(ask(browser, App.register(client_name=name, redirect_uris=uris)))


def test_a_client_without_a_name_is_compared_as_well(browser: Browser) -> None:
    App.register(client_name="", redirect_uris=[URI])
    Client.objects.update(suspended_at=timezone.now())
    assert waits(browser, App.register(client_name="", redirect_uris=[URI]))
    assert not waits(browser, App.register(client_name="", redirect_uris=["https://good.example/callback"]))


def test_it_waits_no_longer_once_the_other_is_reinstated(browser: Browser, suspended: Client) -> None:
    Client.objects.update(suspended_at=None)
    assert is_asked(ask(browser, App.register(client_name="Evil", redirect_uris=[URI])))


def test_a_client_that_takes_on_the_looks_of_a_suspended_one_waits(browser: Browser, suspended: Client) -> None:
    registered = register(client_name="Good", redirect_uris=[URI]).json()
    app = App(registered["client_id"], registered["client_secret"], URI)
    tokens = app.connect(browser)
    assert put(registered, client_name="Evil", redirect_uris=[URI]).status_code == 200
    assert waits(browser, app)
    assert app.refresh(tokens["refresh_token"]).status_code == 401


def test_another_document_waits(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    ask(browser, app_of(CLAUDE))
    Client.objects.update(suspended_at=timezone.now())
    other: dict[str, Any] = {**CLAUDE, "client_id": "https://claude.ai/oauth/another"}
    documents.publish(other)
    assert waits(browser, app_of(other))
    assert "This app is suspended" in ask(browser, app_of(CLAUDE)).text


def test_a_suspended_client_is_not_removed_as_an_unused_lookalike(admin_client: Browser, suspended: Client) -> None:
    App.register(client_name="Evil", redirect_uris=[URI, LOOPBACK])
    confirmed(admin_client, reverse("admin:oauth_mcp_client_lookalikes"), {"lookalike": [suspended.lookalike]})
    assert list(Client.objects.all()) == [suspended]
