"""Legacy sessions through the endpoint (2025-11-25, basic/transports, Session Management)."""

import json
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from mcp_types.jsonrpc import INVALID_PARAMS, INVALID_REQUEST

from mcp_api.models import Mail, Session
from mcp_api.pubsub import broker
from mcp_api.streams import open_streams, sessions
from tests.mcp_api.conftest import URL, Caller, error_of, result_of, verbs_of
from tests.mcp_api.messages import initialize, legacy, modern, request
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def session_id(caller: Caller) -> str:
    return caller.send(initialize("2025-11-25"))["Mcp-Session-Id"]


def send(caller: Caller, session_id: str, method: str = "ping", params: dict | None = None):
    body, headers = legacy(method, params)
    return caller.send(body, {**headers, "Mcp-Session-Id": session_id})


def test_the_session_id_must_only_contain_visible_ascii_and_is_kept_as_a_checksum(caller, session_id):
    assert all("\x21" <= character <= "\x7e" for character in session_id)
    session = Session.objects.get()
    assert session_id not in str(vars(session))
    assert (session.user, session.client, session.version) == (caller.person, caller.client, "2025-11-25")


def test_request_in_a_session_and_one_without_are_served(caller, session_id):
    assert result_of(send(caller, session_id)) == {}
    assert result_of(caller.legacy("ping")) == {}


def test_the_server_must_respond_with_404_once_it_has_terminated_the_session(caller, session_id):
    headers = caller.authorized({"Mcp-Session-Id": session_id})
    assert caller.http.delete(URL, headers=headers).status_code == 204
    gone = send(caller, session_id)
    assert (gone.status_code, error_of(gone)["code"]) == (404, INVALID_REQUEST)
    assert caller.http.delete(URL, headers=headers).status_code == 404
    assert caller.http.get(URL, headers=headers).status_code == 404


@pytest.mark.parametrize("made_up", ["unknown", "é", "x" * 5000])
def test_session_that_never_was_is_gone(caller, made_up):
    assert send(caller, made_up).status_code == 404


def test_session_of_another_client_or_person_is_gone(caller, session_id):
    for person, client in ((caller.person, make_client(name="Another")), (make_user("eve"), caller.client)):
        access, _, raw = make_tokens(make_authorization(person, client))
        assert send(Caller(access, raw), session_id).status_code == 404
    assert result_of(send(caller, session_id)) == {}


def test_modern_request_belongs_to_no_session(caller):
    body, headers = modern("tools/list")
    assert caller.send(body, {**headers, "Mcp-Session-Id": "gone"}).status_code == 200


def test_session_says_its_version_where_no_header_does(caller):
    session_id = caller.send(initialize("2025-06-18"))["Mcp-Session-Id"]
    caller.send(request("ping"), {"Mcp-Session-Id": session_id})
    assert caller.send([request("ping")], {"Mcp-Session-Id": session_id}).status_code == 400


def test_delete_without_a_session_is_refused(caller):
    assert caller.http.delete(URL, headers=caller.authorized()).status_code == 400


@pytest.mark.parametrize("event_id", ["nonsense", "x.y", ".1", "x.-1", f"change.{10**30}"])
def test_last_event_id_that_is_none_of_ours_is_refused(caller, session_id, event_id):
    headers = caller.authorized({"Mcp-Session-Id": session_id, "Last-Event-ID": event_id})
    assert caller.http.get(URL, headers=headers).status_code == 400


def test_log_level_is_kept(caller, session_id):
    assert result_of(send(caller, session_id, "logging/setLevel", {"level": "error"})) == {}
    assert Session.objects.get().log_level == "error"
    assert error_of(send(caller, session_id, "logging/setLevel", {"level": "loud"}))["code"] == -32602


def test_subscriptions_are_kept(caller, session_id, isolated_registry):
    from mcp_api import resource

    resource("news://{topic}")(lambda topic: topic)
    for uri in ("news://a", "news://b", "news://a"):
        assert result_of(send(caller, session_id, "resources/subscribe", {"uri": uri})) == {}
    assert Session.objects.get().subscriptions == ["news://a", "news://b"]
    assert result_of(send(caller, session_id, "resources/unsubscribe", {"uri": "news://b"})) == {}
    assert Session.objects.get().subscriptions == ["news://a"]
    assert Mail.objects.latest("pk").body == {"kind": "subscribed", "uri": "news://b", "watched": False}


def test_unknown_resource_cannot_be_subscribed_to(caller, session_id):
    assert error_of(send(caller, session_id, "resources/subscribe", {"uri": "none://such"}))["code"] == -32002
    assert Session.objects.get().subscriptions == []


def test_subscription_needs_a_session(caller, isolated_registry):
    from mcp_api import resource

    resource("news://all")(lambda: "")
    assert error_of(caller.legacy("resources/subscribe", {"uri": "news://all"}))["code"] == INVALID_REQUEST


@pytest.mark.parametrize("text", ["no", "a\x00b", "\\u0000"])
def test_answer_to_a_question_is_passed_on(caller, session_id, text):
    question = sessions.new_question_id(Session.objects.get())
    body = {"jsonrpc": "2.0", "id": question, "result": {"action": text}}
    response = caller.send(body, {"MCP-Protocol-Version": "2025-11-25", "Mcp-Session-Id": session_id})
    assert (response.status_code, response.content) == (202, b"")
    [(_, mail)] = broker.kept(sessions.topic(Session.objects.get()))
    answer = {"kind": "answer", "id": question, "answer": {"action": text}, "error": None}
    assert mail == {**answer, "token": caller.token.pk}


@pytest.mark.parametrize("value", ["a\x00b", {"\x00": 1}])
def test_capabilities_that_no_database_keeps_are_refused(caller, value):
    begun = initialize("2025-11-25")
    begun["params"]["capabilities"] = {"experimental": {"odd": {"value": value}}}
    assert error_of(caller.send(json.dumps(begun).encode()))["code"] == INVALID_PARAMS
    assert not Session.objects.exists()


def test_stream_that_cannot_begin_keeps_no_place(caller, session_id, monkeypatch):
    monkeypatch.setattr(broker, "subscribe", Mock(side_effect=OperationalError))
    legacy_stream = caller.http.get(URL, headers=caller.authorized({"Mcp-Session-Id": session_id}))
    modern_stream = caller.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    assert [legacy_stream.status_code, modern_stream.status_code] == [503, 503]
    assert not open_streams._open


def test_session_costs_no_query_of_its_own(caller, session_id):
    with CaptureQueriesContext(connection) as queries:
        send(caller, session_id, "tools/call", {"name": "get_user_info"})
    assert [verb for verb in verbs_of(queries) if verb in ("SELECT", "INSERT", "UPDATE")] == [
        "SELECT",
        "INSERT",
    ]
