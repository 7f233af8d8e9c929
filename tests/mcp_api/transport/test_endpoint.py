"""`/mcp` over HTTP: methods, paths, media types, notifications, unusable bodies, and the number of queries."""

import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mcp_types.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
)

from accounts.models import Authorization
from tests.mcp_api.conftest import URL, error_of, result_of, verbs_of
from tests.mcp_api.messages import LEGACY, MODERN, initialize, legacy, modern, request

pytestmark = pytest.mark.django_db
ECHO = {"name": "echo", "arguments": {"text": "hello"}}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def reads_and_writes(queries: CaptureQueriesContext) -> list[str]:
    """The first word of each query, but for what opens and closes transactions."""
    return [verb for verb in verbs_of(queries) if verb not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")]


@pytest.mark.parametrize("method", ["head", "put", "patch"])
@pytest.mark.parametrize("url", ["/mcp", "/mcp/"])
def test_other_methods_are_not_allowed(caller, method, url):
    response = getattr(caller.http, method)(url, headers=caller.authorized({"Accept": "text/event-stream"}))
    assert response.status_code == 405
    assert response["Allow"] == "POST, GET, DELETE, OPTIONS"


@pytest.mark.parametrize("url", ["/mcp", "/mcp/"])
def test_the_server_must_return_405_for_get_where_it_does_not_offer_a_stream(caller, url):
    response = caller.http.get(url, headers=caller.authorized({"Accept": "text/event-stream"}))
    assert response.status_code == 405
    assert "session" in json.loads(response.content)["error_description"]


@pytest.mark.parametrize("url", ["/mcp", "/mcp/", "/mcp?a=b"])
def test_endpoint_answers_with_and_without_a_slash(caller, url):
    assert result_of(caller.send(request("ping"), url=url)) == {}


@pytest.mark.parametrize("url", ["/mcp//", "/mcp/x", "/MCP", "/mcpx"])
def test_no_other_path_is_the_endpoint(caller, url):
    assert caller.send(request("ping"), url=url).status_code == 404


ACCEPTED = ["", "*/*", "application/json", "text/event-stream", "application/json, text/event-stream", "image/png", "?"]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_any_accept_is_served_with_json(caller, accept):
    response = caller.send(request("ping"), {"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", "multipart/form-data", "?"])
def test_any_content_type_is_read_as_json(caller, content_type):
    response = caller.http.post(
        URL, json.dumps(request("ping")), content_type=content_type, headers=caller.authorized()
    )
    assert response.status_code == 200


def test_initialize_begins_a_session_and_ignores_a_session_id(caller):
    response = caller.send(initialize("2025-11-25"), {"Mcp-Session-Id": "of another server"})
    assert response.status_code == 200
    assert len(response["Mcp-Session-Id"]) >= 32


def test_second_initialize_begins_another_session_and_keeps_the_first(caller):
    first, second = (caller.send(initialize("2025-11-25"))["Mcp-Session-Id"] for _ in range(2))
    assert first != second
    for session in (first, second):
        body, headers = legacy("ping")
        assert caller.send(body, {**headers, "Mcp-Session-Id": session}).status_code == 200


@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/roots/list_changed", "notifications/x"])
@pytest.mark.parametrize("version", ["", *LEGACY, MODERN])
def test_notification_is_accepted_with_202_and_no_body(caller, version, method):
    headers = {"MCP-Protocol-Version": version} if version else {}
    response = caller.send({"jsonrpc": "2.0", "method": method}, headers)
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize("method", ["server/discover", "subscriptions/listen"])
def test_method_of_the_modern_era_is_named_as_such(caller, method):
    response = caller.send(*legacy(method))
    assert response.status_code == 200
    expected = f"Method not found: {method}, as 2025-11-25 does not have it"
    assert json.loads(response.content)["error"]["message"] == expected


def test_modern_request_ignores_a_session_id(caller):
    body, headers = modern("tools/list")
    assert caller.send(body, {**headers, "Mcp-Session-Id": "gone"}).status_code == 200


def test_notification_named_like_a_request_does_nothing(caller, tools):
    ran: list[str] = []
    tools["echo"] = replace(tools["echo"], function=ran.append)
    assert caller.send({"jsonrpc": "2.0", "method": "tools/call", "params": ECHO}).status_code == 202
    assert not ran


def test_response_of_a_client_is_accepted_with_202_and_no_body(caller):
    response = caller.send({"jsonrpc": "2.0", "id": 1, "result": {}})
    assert (response.status_code, response.content) == (202, b"")


def test_notification_that_cannot_be_accepted_is_answered_400_without_an_id(caller):
    response = caller.send(INITIALIZED, {"MCP-Protocol-Version": "1900-01-01"})
    assert response.status_code == 400
    assert "id" not in json.loads(response.content)


BAD = {
    "nothing": (b"", PARSE_ERROR),
    "no JSON": (b"{", PARSE_ERROR),
    "NUL": (b"\x00", PARSE_ERROR),
    "not UTF-8": (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', PARSE_ERROR),
    "a lone surrogate": (b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', PARSE_ERROR),
    "100,000 levels": (b"[" * 100_000, PARSE_ERROR),
    "an empty list": (b"[]", INVALID_REQUEST),
    "a number": (b"1", INVALID_REQUEST),
    "no version": (b'{"id":1,"method":"ping"}', INVALID_REQUEST),
    "a null id": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', INVALID_REQUEST),
    "params that are not an object": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', INVALID_PARAMS),
}


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD)
def test_bad_body_is_answered_400_with_a_json_rpc_error(caller, body, code):
    response = caller.send(body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert error_of(response)["code"] == code


def test_body_that_is_too_large_is_answered_413_with_a_json_rpc_error(caller):
    response = caller.send(request("tools/call", {"arguments": {"text": "x" * 3_000_000}}))
    assert (response.status_code, response["Content-Type"]) == (413, "application/json")
    assert error_of(response) == {"code": INVALID_REQUEST, "message": "The request is too large."}


@pytest.mark.parametrize("text", ["\x00", "\u2028", "😀"])
def test_odd_characters_in_names_are_accepted(caller, text):
    assert error_of(caller.send(request(text)))["code"] == METHOD_NOT_FOUND
    assert error_of(caller.send(request("tools/call", {"name": text})))["code"] == INVALID_PARAMS


def test_id_comes_back_as_it_was_sent(caller):
    for message_id in (0, "", "\x00", 2**70):
        assert json.loads(caller.send(request("ping", id=message_id)).content)["id"] == message_id


def test_one_query_authenticates_and_one_records(caller):
    with CaptureQueriesContext(connection) as queries:
        caller.call("get_user_info")
    assert reads_and_writes(queries) == ["SELECT", "INSERT"]


def test_one_query_finds_that_a_token_has_ended(caller):
    Authorization.objects.update(revoked_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        caller.send(request("ping"))
    # What the person may be refused for, and the event.
    assert reads_and_writes(queries) == ["SELECT", "INSERT", "INSERT"]


def test_notification_costs_no_more_than_its_authentication(caller):
    with CaptureQueriesContext(connection) as queries:
        caller.send(INITIALIZED)
    assert reads_and_writes(queries) == ["SELECT"]
