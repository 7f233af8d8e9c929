"""`/mcp` over HTTP: who may enter, by which method, from where, and with which status the answers leave."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from accounts.models import AccessToken, Authorization, Client, User
from tests.mcp_api.conftest import URL, error_of, make_caller, result_of, verbs_of
from tests.mcp_api.messages import LEGACY, MODERN, SERVER_INFO_KEY, initialize, legacy, modern, request

CAPABILITIES = {"tools", "resources", "prompts", "completions", "logging"}

pytestmark = pytest.mark.django_db

METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'
ECHO = {"name": "echo", "arguments": {"text": "hello"}}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def reads_and_writes(queries: CaptureQueriesContext) -> list[str]:
    """The first word of each query, but for what opens and closes transactions."""
    return [verb for verb in verbs_of(queries) if verb not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")]


def assert_refused(response: HttpResponse, description: str) -> None:
    """RFC 6750 section 3: 401 with the challenge, and the reason why the token that was sent is no good."""
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == f'Bearer error="invalid_token", scope="read", {METADATA}'
    answer = json.loads(response.content)
    assert answer["error"] == "invalid_token"
    assert description in answer["error_description"]


# --- Who may enter -------------------------------------------------------------------------


def test_live_token_is_served(caller):
    assert caller.call("echo", text="hello")["structuredContent"] == {"result": "hello"}


@pytest.mark.parametrize("method", ["post", "get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("url", ["/mcp", "/mcp/"])
def test_request_without_a_token_is_told_where_to_get_one(method, url):
    response = getattr(Browser(), method)(url)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == f'Bearer scope="read", {METADATA}'
    if method != "head":
        assert json.loads(response.content)["error_description"] == "Missing authorization header"


@pytest.mark.parametrize("credentials", ["Basic YWRhOnNlY3JldA==", "Bearer", "Bearer ", "Bearer a b", "Token a", "é"])
def test_credentials_that_are_no_bearer_token_are_refused(caller, credentials):
    response = caller.send(request("ping"), {"Authorization": credentials})
    assert_refused(response, "Authorization: Bearer <token>")


@pytest.mark.parametrize("token", ["unknown", "\x00", "é", "\ud800", "x" * 100_000])
def test_unknown_token_is_refused(caller, token):
    assert_refused(caller.send(request("ping"), {"Authorization": f"Bearer {token}"}), "unknown or was deleted")


def test_scheme_is_case_insensitive(caller):
    assert caller.send(request("ping"), {"Authorization": f"bEARER  {caller.raw}"}).status_code == 200


def test_token_is_not_accepted_in_the_query_string(caller):
    raw, caller.raw = caller.raw, ""
    response = caller.send(request("ping"), url=f"{URL}?access_token={raw}")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, f'Bearer scope="read", {METADATA}')


def test_token_is_not_accepted_in_a_form(caller):
    assert Browser().post(URL, {"access_token": caller.raw}).status_code == 401


def test_signed_in_person_without_a_token_is_not_let_in(caller):
    caller.http.force_login(caller.person, backend="django.contrib.auth.backends.ModelBackend")
    caller.raw = ""
    assert caller.send(request("ping")).status_code == 401


def test_expired_token_is_refused():
    caller = make_caller(expires_in=timedelta(seconds=-1))
    assert_refused(caller.send(request("ping")), "has expired")


@pytest.mark.parametrize(
    "resource",
    ["https://other.example/mcp", "http://localhost/other", "http://localhost", "http://localhost/mcp/x", ""],
)
def test_token_for_another_resource_is_refused(resource):
    assert_refused(make_caller(resource=resource).send(request("ping")), "for another resource")


def test_token_for_no_resource_is_refused(caller):
    AccessToken.objects.update(resource=[])
    assert_refused(caller.send(request("ping")), "for another resource")


@pytest.mark.parametrize("resource", ["http://localhost/mcp/", "HTTP://LOCALHOST/mcp", "http://localhost:80/mcp"])
def test_token_for_another_spelling_of_this_resource_is_served(resource):
    assert make_caller(resource=resource).send(request("ping")).status_code == 200


def test_token_is_refused_once_its_authorization_is_revoked(caller):
    Authorization.objects.update(revoked_at=timezone.now())
    assert_refused(caller.send(request("ping")), "revoked or has expired")


def test_token_is_refused_once_its_authorization_has_expired(caller):
    Authorization.objects.update(expires_at=timezone.now())
    assert_refused(caller.send(request("ping")), "revoked or has expired")


def test_token_is_refused_once_its_client_is_suspended(caller):
    Client.objects.update(suspended_at=timezone.now())
    assert_refused(caller.send(request("ping")), "client has been suspended")


def test_token_is_refused_once_its_person_is_suspended(caller):
    User.objects.update(is_active=False)
    assert_refused(caller.send(request("ping")), "account has been suspended")


@pytest.mark.parametrize("missing", ["user", "application"])
def test_token_of_no_person_or_no_client_is_refused(caller, missing):
    AccessToken.objects.update(**{missing: None})
    assert_refused(caller.send(request("ping")), "unknown or was deleted")


def test_token_that_was_deleted_is_refused(caller):
    AccessToken.objects.all().delete()
    assert_refused(caller.send(request("ping")), "unknown or was deleted")


# --- Methods and paths ---------------------------------------------------------------------


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


def test_initialize_begins_a_session_whatever_it_names(caller):
    response = caller.send(initialize("2025-11-25"), {"Mcp-Session-Id": "of another server"})
    assert response.status_code == 200
    assert len(response["Mcp-Session-Id"]) >= 32


@pytest.mark.parametrize("version", ["", *LEGACY, MODERN])
def test_notification_is_accepted_with_202_and_no_body(caller, version):
    response = caller.send(INITIALIZED, {"MCP-Protocol-Version": version} if version else {})
    assert (response.status_code, response.content) == (202, b"")


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


# --- Origins -------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://localhost", "https://app.example", "http://localhost:6274"])
def test_own_and_allowed_origins_are_served(caller, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example", "http://localhost:6274"]
    assert caller.send(request("ping"), {"Origin": origin}).status_code == 200


FOREIGN = ["https://evil.example", "null", "", "http://localhost:6274", "https://localhost", "http://[::1", "é"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_servers_must_respond_with_403_if_the_origin_header_is_present_and_invalid(caller, origin):
    response = caller.send(request("ping"), {"Origin": origin})
    assert response.status_code == 403
    assert error_of(response)["code"] == INVALID_REQUEST
    assert "id" not in json.loads(response.content)


@pytest.mark.parametrize("method", ["post", "get", "delete"])
def test_servers_must_validate_the_origin_header_on_all_incoming_connections(method):
    response = getattr(Browser(), method)(URL, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


LOOPBACK = ["http://localhost:6274", "http://127.0.0.1:6274", "http://[::1]:6274", "https://localhost"]


@pytest.mark.parametrize("origin", LOOPBACK)
def test_every_loopback_origin_is_served_with_debug(caller, settings, origin):
    settings.DEBUG = True
    response = caller.send(request("ping"), {"Origin": origin, "Host": "localhost"})
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "http://localhost.evil.example", "http://[::1", "http://localhost."),
        *("http://127.1", "http://localhost@evil.example", "http://localhost%2Eevil.example", "http://localhost:0"),
        *("http://localhost\\.evil.example", "http://evil.example\\@localhost", "http://[::ffff:127.0.0.1]"),
    ],
)
def test_other_origins_are_refused_even_with_debug(caller, settings, origin):
    settings.DEBUG = True
    response = caller.send(request("ping"), {"Origin": origin, "Host": "localhost"})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response


def preflight(origin: str, **headers: str) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version",
    }
    return Browser().options(URL, headers=asked | headers)


def test_preflight_from_an_allowed_origin_needs_no_token_and_allows_every_header(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = preflight("https://app.example")
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    # The wildcard covers the Mcp-* headers, but never Authorization (Fetch standard).
    assert set(response["Access-Control-Allow-Headers"].lower().split(", ")) == {"*", "authorization"}
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in response


def test_preflight_from_a_loopback_origin_is_answered_with_debug(settings):
    settings.DEBUG = True
    response = preflight("http://localhost:6274", Host="localhost")
    assert response["Access-Control-Allow-Origin"] == "http://localhost:6274"


def test_preflight_from_a_foreign_origin_allows_nothing():
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example")


def test_page_of_an_allowed_origin_may_read_the_challenge(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = Browser().post(URL, headers={"Origin": "https://app.example"})
    assert response.status_code == 401
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert "WWW-Authenticate" in response["Access-Control-Expose-Headers"]


# --- The legacy era ------------------------------------------------------------------------


@pytest.mark.parametrize("version", LEGACY)
def test_if_the_server_supports_the_requested_version_it_must_respond_with_the_same_version(caller, version):
    result = result_of(caller.send(initialize(version)))
    assert result["protocolVersion"] == version
    assert set(result["capabilities"]) == CAPABILITIES
    assert result["serverInfo"]["name"] == "oauth-mcp-server"


@pytest.mark.parametrize("version", ["1900-01-01", "2099-01-01", MODERN, ""])
def test_otherwise_the_server_should_respond_with_the_latest_version_it_supports(caller, version):
    assert result_of(caller.send(initialize(version)))["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("version", LEGACY)
def test_legacy_session_goes_from_initialize_to_a_tool(caller, version):
    assert result_of(caller.send(initialize(version)))["protocolVersion"] == version
    assert caller.send(INITIALIZED, {"MCP-Protocol-Version": version}).status_code == 202
    assert result_of(caller.legacy("ping", version=version)) == {}
    assert "echo" in [tool["name"] for tool in result_of(caller.legacy("tools/list", version=version))["tools"]]
    result = result_of(caller.legacy("tools/call", ECHO, version=version))
    assert result["content"] == [{"type": "text", "text": "hello"}]


def test_bare_call_without_a_version_header_is_served(caller):
    assert result_of(caller.send(request("tools/call", ECHO)))["content"][0]["text"] == "hello"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("unknown", {}, METHOD_NOT_FOUND),
        ("", {}, METHOD_NOT_FOUND),
        ("server/discover", {}, METHOD_NOT_FOUND),
        ("resources/subscribe", {"uri": "a://b"}, -32002),
        ("notifications/initialized", {}, METHOD_NOT_FOUND),
        ("tools/call", {"name": "unknown"}, INVALID_PARAMS),
        ("tools/call", {}, INVALID_PARAMS),
        ("tools/list", {"_meta": 1}, INVALID_PARAMS),
        ("initialize", {}, INVALID_PARAMS),
        ("initialize", {"protocolVersion": [], "capabilities": {}, "clientInfo": {}}, INVALID_PARAMS),
    ],
)
def test_legacy_error_after_dispatch_leaves_with_200_as_404_would_mean_that_the_session_is_gone(
    caller, method, params, code
):
    response = caller.legacy(method, params)
    assert response.status_code == 200
    assert json.loads(response.content)["id"] == 1
    assert error_of(response)["code"] == code


# --- The modern era ------------------------------------------------------------------------


def test_servers_must_implement_server_discover(caller):
    result = result_of(caller.modern("server/discover"))
    assert set(result["supportedVersions"]) == {*LEGACY, MODERN}
    assert set(result["capabilities"]) == CAPABILITIES
    assert (result["cacheScope"], result["ttlMs"] > 0) == ("public", True)


@pytest.mark.parametrize(
    ("method", "params"),
    [("server/discover", {}), ("tools/list", {}), ("tools/call", ECHO), ("tools/call", {"name": "echo"})],
)
def test_every_modern_result_has_its_type_and_names_the_server(caller, method, params):
    result = result_of(caller.modern(method, params))
    assert result["resultType"] == "complete"
    info = {"name": "oauth-mcp-server", "title": "OAuth MCP Server", "version": settings.SERVER_VERSION}
    assert result["_meta"] == {SERVER_INFO_KEY: info}


@pytest.mark.parametrize("method", ["unknown", "initialize", "ping", "logging/setLevel", "resources/subscribe", ""])
def test_server_must_respond_with_404_if_it_does_not_implement_the_requested_rpc_method(caller, method):
    response = caller.modern(method)
    assert response.status_code == 404
    assert json.loads(response.content)["id"] == 1
    assert error_of(response)["code"] == METHOD_NOT_FOUND


@pytest.mark.parametrize(
    ("params", "headers", "code"),
    [
        ({"name": "unknown"}, {}, INVALID_PARAMS),
        ({"name": "echo", "arguments": []}, {}, INVALID_PARAMS),
        ({"name": "echo", "_meta": {}}, {}, INVALID_PARAMS),
        ({"name": "echo"}, {"Mcp-Name": "other"}, HEADER_MISMATCH),
        ({"name": "echo"}, {"Mcp-Name": "=?base64?é?="}, HEADER_MISMATCH),
        ({"name": "echo"}, {"MCP-Protocol-Version": "2099-01-01"}, HEADER_MISMATCH),
    ],
)
def test_modern_error_leaves_with_400(caller, params, headers, code):
    body, own = modern("tools/call", params)
    response = caller.send(body, own | headers)
    assert response.status_code == 400
    assert json.loads(response.content)["id"] == 1
    assert error_of(response)["code"] == code


@pytest.mark.parametrize("era", [legacy, modern])
def test_server_must_respond_with_400_and_the_versions_it_supports_if_it_does_not_implement_one(caller, era):
    response = caller.send(*era("tools/list", version="1900-01-01"))
    assert response.status_code == 400
    error = error_of(response)
    assert error["code"] == UNSUPPORTED_PROTOCOL_VERSION
    assert error["data"] == {"supported": [*LEGACY, MODERN], "requested": "1900-01-01"}


def test_claude_ai_is_served_although_its_header_is_that_of_its_handshake(caller, caplog):
    body, _ = modern("tools/call", ECHO)
    result = result_of(caller.send(body, {"MCP-Protocol-Version": "2025-11-25"}))
    assert result["resultType"] == "complete"
    assert f"client {caller.client.client_id}: legacy version header beside a modern body" in caplog.text


# --- Bad input -----------------------------------------------------------------------------

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
    "params that are no object": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', INVALID_PARAMS),
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
def test_odd_characters_in_names_are_no_trouble(caller, text):
    assert error_of(caller.send(request(text)))["code"] == METHOD_NOT_FOUND
    assert error_of(caller.send(request("tools/call", {"name": text})))["code"] == INVALID_PARAMS


def test_id_comes_back_as_it_was_sent(caller):
    for message_id in (0, "", "\x00", 2**70):
        assert json.loads(caller.send(request("ping", id=message_id)).content)["id"] == message_id


# --- What it costs -------------------------------------------------------------------------


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
