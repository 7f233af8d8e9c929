"""Rows that a token makes the MCP server store: bounded in size and number, and gone after a time (SECURITY.md)."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from mcp_api.models import Mail, Session
from mcp_api.pubsub import broker, messages
from mcp_api.streams import session_messages, sessions
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.messages import initialize, legacy

pytestmark = pytest.mark.django_db

LARGE = "x" * 2_000_000


@pytest.fixture
def session_id(caller: Caller) -> str:
    return caller.send(initialize("2025-11-25"))["Mcp-Session-Id"]


def tell(caller: Caller, session_id: str, body: dict[str, Any]) -> Any:
    return caller.send(body, {"MCP-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session_id})


def answer(question_id: Any, **result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": question_id, "result": {"action": "accept", **result}}


def cancelled(request_id: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}


# --- Sessions ------------------------------------------------------------------------------------


def test_of_capabilities_only_what_questions_need_is_kept(caller: Caller) -> None:
    begun = initialize("2025-11-25")
    parts = {f"part-{number}": {"large": LARGE[:10_000]} for number in range(100)}
    begun["params"]["capabilities"] = {
        "elicitation": {"form": {"more": LARGE[:1000]}, "url": {}},
        "sampling": {**parts, "k" * 1000: {}},
        "roots": {"listChanged": False},
        "invented": {"large": LARGE[:1_000_000]},
        "experimental": {f"{number:02}{'x' * 126}": {} for number in range(100)},
    }
    begun["params"]["clientInfo"] = {"name": LARGE[:100_000], "version": "1"}
    assert caller.send(begun).status_code == 200
    kept = Session.objects.get().capabilities
    assert kept["elicitation"] == {"form": {}, "url": {}}
    assert kept["roots"] == {}
    assert len(kept["sampling"]) == sessions.MOST_PARTS
    assert "invented" not in kept
    assert len(json.dumps(kept)) < 16_384


def test_a_person_has_so_many_sessions_with_a_client_and_the_oldest_go(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    ids = [caller.send(initialize("2025-11-25"))["Mcp-Session-Id"] for _ in range(5)]
    assert Session.objects.count() == 3
    body, headers = legacy("ping")
    assert [caller.send(body, {**headers, "Mcp-Session-Id": each}).status_code for each in ids] == [
        *(404, 404),
        *(200, 200, 200),
    ]


# --- Mail ----------------------------------------------------------------------------------------


FORGED = f"{'x' * 16}.{'0' * 32}"


@pytest.mark.parametrize(
    ("question_id", "status"),
    [("invented", 202), ("a.b", 202), (7, 202), (LARGE, 400), (FORGED, 202)],
    ids=lambda value: str(value)[:9],
)
def test_answers_to_unknown_questions_are_not_stored(
    caller: Caller, session_id: str, question_id: Any, status: int
) -> None:
    assert tell(caller, session_id, answer(question_id, content={"a": LARGE[:1000]})).status_code == status
    assert not Mail.objects.exists()


def test_answers_to_a_question_of_another_session_are_not_stored(caller: Caller, session_id: str) -> None:
    other = caller.send(initialize("2025-11-25"))["Mcp-Session-Id"]
    question = sessions.new_question_id(Session.objects.latest("pk"))
    tell(caller, session_id, answer(question))
    assert not Mail.objects.exists()
    tell(caller, other, answer(question))
    assert Mail.objects.count() == 1


def test_tool_receives_an_error_in_place_of_an_answer_that_is_too_large(caller: Caller, session_id: str) -> None:
    question = sessions.new_question_id(Session.objects.get())
    assert tell(caller, session_id, answer(question, content={"a": LARGE})).status_code == 202
    assert Mail.objects.get().body == {
        "kind": "answer",
        "id": question,
        "answer": None,
        "error": session_messages.TOO_LARGE,
        "token": caller.token.pk,
    }


@pytest.mark.parametrize(
    ("request_id", "status"),
    [
        (LARGE, 400),
        ("x" * 256, 202),
        (None, 202),
        ({"a": LARGE[:1000]}, 202),
        ([LARGE[:1000]], 202),
        (int("9" * 300), 400),
    ],
)
def test_cancellations_of_what_can_be_no_request_are_not_stored(
    caller: Caller, session_id: str, request_id: Any, status: int
) -> None:
    assert tell(caller, session_id, cancelled(request_id)).status_code == status
    assert not Mail.objects.exists()


def test_mail_of_one_person_is_limited(caller: Caller, session_id: str, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "mail_person": "3/minute"}
    statuses = [tell(caller, session_id, cancelled(number)).status_code for number in range(5)]
    assert statuses == [202, 202, 202, 429, 429]
    assert Mail.objects.count() == 3


# The end of a stream closes the connection, and with it what a test's own transaction has written.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("last_event_id", ["", "change.1", "unknown.1"])
def test_mail_of_streams_that_are_opened_is_limited(
    caller: Caller, session_id: str, settings: Settings, last_event_id: str
) -> None:
    settings.LIMITS = {**settings.LIMITS, "mail_person": "2/minute"}
    headers = {"Mcp-Session-Id": session_id} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    statuses = []
    for _ in range(4):
        response = caller.http.get("/mcp", headers=caller.authorized(headers))
        statuses.append(response.status_code)
        response.close()
    assert statuses == [200, 200, 429, 429]
    assert Mail.objects.count() == 2


def test_mail_of_sessions_that_are_ended_is_limited(caller: Caller, session_id: str, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "mail_person": "1/minute"}
    assert tell(caller, session_id, cancelled(1)).status_code == 202
    response = caller.http.delete("/mcp", headers=caller.authorized({"Mcp-Session-Id": session_id}))
    assert response.status_code == 429
    assert Session.objects.get().ended_at is None


def test_mail_of_a_session_is_kept_for_a_minute_and_that_of_its_streams_for_an_hour() -> None:
    topics = {"session:1": 59, "session:2": 61, "session:2:stream:x": 3599, "session:3:stream:y": 3601, "changes": 3599}
    for topic, seconds in topics.items():
        mail = Mail.objects.create(topic=topic, body={})
        Mail.objects.filter(pk=mail.pk).update(posted_at=timezone.now() - timedelta(seconds=seconds))
    assert set(broker.expired().values_list("topic", flat=True)) == {"session:2", "session:3:stream:y"}


@pytest.mark.django_db(transaction=True)
def test_old_mail_is_deleted_though_nobody_reads_any(monkeypatch: pytest.MonkeyPatch) -> None:
    Mail.objects.create(topic="session:1", body={}, posted_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(messages, "_tidied", time.monotonic() - messages.TIDY_SECONDS)
    broker.post("changes", method="x")
    assert list(Mail.objects.values_list("topic", flat=True)) == ["changes"]


# --- Subscriptions -------------------------------------------------------------------------------


@pytest.fixture
def news(isolated_registry: Any) -> None:
    from mcp_api import resource

    resource("news://{topic}")(lambda topic: topic)


def change(caller: Caller, session_id: str, method: str, uri: str) -> Any:
    body, headers = legacy(f"resources/{method}", {"uri": uri})
    return caller.send(body, {**headers, "Mcp-Session-Id": session_id})


def test_mail_of_subscriptions_is_linear(caller: Caller, session_id: str, news: None) -> None:
    for number in range(60):
        assert result_of(change(caller, session_id, "subscribe", f"news://{number:03}{'x' * 2000}")) == {}
    assert Mail.objects.count() == 60
    assert sum(len(json.dumps(mail.body)) for mail in Mail.objects.all()) < 60 * 2200


def test_change_without_effect_is_neither_written_nor_announced(caller: Caller, session_id: str, news: None) -> None:
    for _ in range(5):
        assert result_of(change(caller, session_id, "subscribe", "news://a")) == {}
        assert result_of(change(caller, session_id, "unsubscribe", "news://b")) == {}
    assert Mail.objects.count() == 1


def test_a_session_watches_so_many_short_uris_at_most(
    caller: Caller, session_id: str, news: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_api.methods.subscriptions.MOST_SUBSCRIPTIONS", 3)
    answers = [change(caller, session_id, "subscribe", f"news://{number}") for number in range(5)]
    assert ["error" in answer.json() for answer in answers] == [False, False, False, True, True]
    too_long = error_of(change(caller, session_id, "subscribe", f"news://{'x' * 2048}"))
    assert "characters long at most" in too_long["message"]
    assert len(Session.objects.get().subscriptions) == 3


def test_so_many_sessions_of_a_person_watch_resources_at_most(
    caller: Caller, news: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_api.methods.subscriptions.MOST_WATCHING_SESSIONS", 2)
    for _ in range(4):
        change(caller, caller.send(initialize("2025-11-25"))["Mcp-Session-Id"], "subscribe", "news://a")
    assert [session.subscriptions for session in Session.objects.order_by("pk")] == [[], [], ["news://a"], ["news://a"]]


def test_changes_of_subscriptions_are_limited(caller: Caller, session_id: str, news: None, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "mail_person": "2/minute"}
    for _ in range(2):
        change(caller, session_id, "subscribe", "news://a")
        change(caller, session_id, "unsubscribe", "news://a")
    refused = change(caller, session_id, "subscribe", "news://a")
    assert error_of(refused)["message"].startswith("Too many calls")
    assert Mail.objects.count() == 2
