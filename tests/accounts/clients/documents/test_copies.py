"""Stored copies of metadata documents: how long they are used, and when they are fetched again."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.fetching import exchange
from accounts.models import Client, Event
from tests.support.documents import DocumentServer, look_up_by
from tests.support.flows import App, ask
from tests.support.oauth.metadata_documents import CLAUDE, app_of

pytestmark = pytest.mark.django_db


def test_a_document_is_fetched_once_while_it_is_fresh(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    app_of(CLAUDE).connect(browser)
    assert documents.asked == [CLAUDE["client_id"]]


def test_a_stale_document_is_fetched_again_and_its_changes_count(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    app_of(CLAUDE).connect(browser)
    documents.publish({**CLAUDE, "client_name": "Claude 2"})
    Client.objects.update(cimd_expires_at=timezone.now())
    assert "Claude 2" in ask(browser, app_of(CLAUDE)).text


def test_a_stale_copy_serves_for_a_week_while_the_document_cannot_be_fetched(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    documents.documents.clear()
    now = timezone.now()
    Client.objects.update(cimd_expires_at=now, document_fetched_at=now - timedelta(days=6, hours=23))
    assert app.connect(browser)
    assert Event.objects.filter(reason="document_refused", client_id=app.client_id).exists()
    Client.objects.update(document_fetched_at=now - timedelta(days=7, minutes=1))
    assert "Invalid client_id" in ask(browser, app).text


def test_a_person_who_signs_in_first_is_served_although_the_stored_document_is_old(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    long_ago = timezone.now() - timedelta(days=30)
    Client.objects.update(cimd_expires_at=long_ago, document_fetched_at=long_ago)
    documents.asked.clear()
    assert Browser().get(app.authorization_url()).status_code == 302
    assert documents.asked == []
    assert app.connect(browser)


def test_an_unknown_document_that_cannot_be_fetched_is_reported_as_an_outage(
    documents: DocumentServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.5)
    app = App("https://a.hanging.example/client.json", redirect_uri="https://app.example/callback")
    for _ in range(2):
        page = ask(browser, app)
        assert (page.status_code, "Not available at the moment" in page.text) == (503, True)
        assert 0 < int(page["Retry-After"]) <= 60
    assert len(documents.asked) == 1


def test_a_stale_copy_serves_while_its_document_hangs(
    documents: DocumentServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", 0.5)
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    app.connect(browser)
    Client.objects.update(cimd_expires_at=timezone.now())
    look_up_by(lambda *_: documents.is_over.wait(2) or ["127.0.0.1"])
    assert app.connect(browser)


def test_a_document_that_failed_is_not_asked_for_again_at_once(documents: DocumentServer, browser: Browser) -> None:
    app = app_of(CLAUDE)
    assert [ask(browser, app).status_code for _ in range(3)] == [400, 400, 400]
    assert len(documents.asked) == 1
