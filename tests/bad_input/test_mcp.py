"""The MCP endpoint, sent bad input."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import META, World, is_long, rpc, send
from tests.bad_input.responses import assert_oauth_error, assert_rpc_error, described
from tests.bad_input.values import AUTHORIZATIONS, BAD_JSON, BODIES, CONTENT_TYPES, JSON, JSON_VALUES, ODD_METHODS


@pytest.fixture
def mcp(browser: Browser, world: World) -> Any:
    def post(body: bytes | str, content_type: str = JSON, method: str = "POST", **headers: str) -> Any:
        headers = {"authorization": f"Bearer {world.access_token}", **headers}
        return send(browser, method, "/mcp", body, content_type, **headers)

    return post


@pytest.mark.usefixtures("nothing_written")
def test_a_message_that_is_no_json_object_is_refused(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            for headers in ({"MCP_Protocol_Version": "2025-11-25"}, {"MCP_Protocol_Version": "2026-07-28"}):
                assert_rpc_error(mcp(bad, **headers))
            # Without a version it may be a batch.
            if kind != "a list":
                assert_rpc_error(mcp(bad))


@pytest.mark.usefixtures("nothing_written")
def test_a_message_of_another_type_is_refused(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_rpc_error(mcp(body, content_type), 400, 413)


@pytest.mark.usefixtures("nothing_written")
def test_an_invalid_token_is_challenged(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, credentials in AUTHORIZATIONS.items():
        with subtests.test(kind):
            response = mcp(rpc(method="ping"), authorization=credentials)

            assert_oauth_error(response, 401)
            assert response.headers["WWW-Authenticate"].startswith("Bearer ")
            assert response.headers["WWW-Authenticate"].isascii()


@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_a_message_is_posted_and_nothing_else(mcp: Any, method: str) -> None:
    # A DELETE ends a session, which this one does not name.
    assert mcp(rpc(method="ping"), method=method).status_code == (400 if method == "DELETE" else 405)
    assert mcp(rpc(method="ping"), method=method, authorization="").status_code == 401


@pytest.mark.parametrize("member", ["jsonrpc", "id", "method", "params"])
@pytest.mark.usefixtures("nothing_written")
def test_a_message_with_one_bad_member(mcp: Any, member: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            response = mcp(rpc(**{"method": "ping", member: value}))
            if member == "id" and isinstance(value, str | int) and not isinstance(value, bool) and not is_long(value):
                assert response.json()["id"] == value, described(response)
            elif member == "params" and (value is None or isinstance(value, dict)):
                assert response.json()["result"] == {}, described(response)
            else:
                # The legacy era answers 200 to every request that was dispatched.
                assert_rpc_error(response, 200, 400)


@pytest.mark.parametrize("method", ["ping", "initialize", "tools/list", "tools/call", "unheard/of"])
@pytest.mark.usefixtures("nothing_written")
def test_parameters_with_one_bad_value_are_answered(mcp: Any, method: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            for name in (
                "name",
                "arguments",
                "cursor",
                "_meta",
                "protocolVersion",
                "capabilities",
                "clientInfo",
                "\x00",
            ):
                body = rpc(method=method, params={"name": "echo", "arguments": {"text": "a"}, name: value})
                answer_of(mcp(body, MCP_Protocol_Version="2025-11-25"))


@pytest.mark.parametrize("method", ["tools/list", "tools/call", "server/discover", "unheard/of"])
@pytest.mark.usefixtures("nothing_written")
def test_modern_parameters_with_one_bad_value_are_answered(mcp: Any, method: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": method, "Mcp_Name": "echo"}
            good = {"name": "echo", "arguments": {"text": "a"}, "_meta": META}
            metas = [{**META, name: value} for name in (*META, "progressToken", "\x00")]
            for params in (
                *({**good, name: value} for name in (*good, "cursor")),
                *({**good, "_meta": meta} for meta in metas),
            ):
                answer_of(mcp(rpc(method=method, params=params), **headers))
                if method == "tools/call":
                    # claude.ai's connectors: a legacy header beside a modern body.
                    answer_of(mcp(rpc(method=method, params=params), MCP_Protocol_Version="2025-11-25"))


def answer_of(response: Any) -> dict[str, Any]:
    """A JSON-RPC answer: a result, or an error that blames the request."""
    if response.status_code == 200 and "result" in response.json():
        return response.json()
    return assert_rpc_error(response, 200, 400, 404)


@pytest.mark.parametrize("tool", ["echo", "get_time", "get_user_info"])
@pytest.mark.usefixtures("nothing_written")
def test_wrong_arguments_are_a_result_that_says_what_is_wrong(mcp: Any, tool: str, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            for name in ("text", "timezone", "context", "\x00", "__class__"):
                response = mcp(rpc(method="tools/call", params={"name": tool, "arguments": {name: value}}))
                result = response.json()["result"]
                # null for an argument with a default is the default.
                accepted = (tool, name) == (("echo", "text") if isinstance(value, str) else ("get_time", "timezone"))
                accepted = accepted and (value is None or isinstance(value, str))
                assert result.get("isError", False) is not accepted, described(response)
                # "The tool failed" would be a defect.
                assert "The tool failed" not in result["content"][0]["text"], described(response)


@pytest.mark.usefixtures("nothing_written")
def test_an_unknown_tool_is_an_error_of_the_request(mcp: Any, subtests: pytest.Subtests) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            # What is too large is refused before it is dispatched.
            too_large = (isinstance(value, str) and is_long(value)) or kind == "long list"
            statuses = (400,) if too_large else (200,)
            answer = assert_rpc_error(mcp(rpc(method="tools/call", params={"name": value})), *statuses)
            assert answer["error"]["code"] == -32602


@pytest.mark.parametrize("header", ["MCP_Protocol_Version", "Mcp_Method", "Mcp_Name", "Mcp_Session_Id", "Origin"])
@pytest.mark.usefixtures("nothing_written")
def test_bad_header_values_are_refused_unless_they_do_not_count(mcp: Any, header: str) -> None:
    modern = rpc(method="tools/call", params={"name": "echo", "arguments": {"text": "a"}, "_meta": META})
    good = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": "echo"}
    values = ("", ",", ", ,", "\x00", "ключ", "\xff", "http://[::1", "null", "=?base64?////?=", "=?base64?AA==?=")
    for value in (*values, "=?base64?ключ?=", "x" * 10_000, "2025-11-25, 2026-07-28", "9" * 5000):
        sent = {**good, header: value}
        if header == "Origin":
            for body in (modern, rpc(method="ping"), b"["):
                assert_rpc_error(mcp(body, **sent), 403)
        elif header == "Mcp_Session_Id":
            # The modern era has no sessions.
            assert "result" in mcp(modern, **sent).json()
            for body in (rpc(method="ping"), b"["):
                assert_rpc_error(mcp(body, **sent), 404 if value else 400)
        else:
            for body in (modern, b"["):
                assert_rpc_error(mcp(body, **sent), 400)
            if header == "MCP_Protocol_Version" and not value.strip(" ,"):
                # It names no version, as the first clients named none.
                assert mcp(rpc(method="ping"), **sent).json()["result"] == {}
            else:
                assert_rpc_error(mcp(rpc(method="ping"), **sent), 400)


@pytest.mark.usefixtures("nothing_written")
def test_notifications_and_responses_are_accepted_with_any_content(mcp: Any) -> None:
    for kind, value in JSON_VALUES.items():
        for body in ({"method": "notifications/cancelled", "params": {"requestId": value}}, {"id": 1, "result": value}):
            response = mcp(json.dumps({"jsonrpc": "2.0", **body}))
            if kind == "long list" or ("params" in body and is_long(value)):
                assert_rpc_error(response, 400)
            else:
                assert (response.status_code, response.content) == (202, b""), described(response)
