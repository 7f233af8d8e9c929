"""JSON-RPC messages: ids, methods, parameters, batches and bodies that are not JSON.

Where a test's name says MUST or SHOULD, it is a sentence of the specification.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from mcp_api.protocol import envelope
from mcp_api.protocol.messages import Notification, Rejection, Response
from mcp_api.protocol.replies import rejection_reply
from tests.mcp_api.messages import LEGACY, MODERN, request
from tests.mcp_api.protocol.generated import bodies, header_values, parse
from tests.mcp_api.protocol.parsing import rejected, served

ECHO = {"name": "echo", "arguments": {"text": "hello"}}
# Every code that this revision defines: "Implementations MUST NOT emit any code" beside them in their range.
DEFINED_CODES = {PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED_PROTOCOL_VERSION}


@pytest.mark.parametrize("message_id", [0, -1, 7, 2**63, 2**128 - 1, "", "a", "ü", "\u2028", "0"])
def test_error_responses_must_include_the_same_id_as_the_request(message_id):
    assert served(request("ping", id=message_id)).id == message_id
    rejection = rejected(request("ping", id=message_id, jsonrpc="1.0"))
    assert rejection.id == message_id
    assert envelope.read_json(rejection_reply(rejection).content)["id"] == message_id


@pytest.mark.parametrize("message_id", [None, True, False, 1.5, 1.0, [], {}, [1]])
def test_requests_must_include_a_string_or_integer_id_which_must_not_be_null(message_id):
    rejection = rejected(request("ping", id=message_id))
    assert (rejection.code, rejection.id) == (INVALID_REQUEST, None)


@pytest.mark.parametrize("number", [b"9" * 5000, b"1e999", b"-1e999", b"NaN", b"Infinity", b"0x1", b"01"])
def test_id_that_is_not_a_usable_number_is_refused(number):
    assert rejected(b'{"jsonrpc": "2.0", "method": "ping", "id": ' + number + b"}").id is None


@pytest.mark.parametrize("version", [None, 2, 2.0, "2", "1.0", [], {}])
def test_all_messages_must_follow_json_rpc_2_0(version):
    assert rejected(request("ping", jsonrpc=version)).code == INVALID_REQUEST
    assert rejected({"id": 1, "method": "ping"}).code == INVALID_REQUEST


@pytest.mark.parametrize("method", [None, 1, True, [], {}])
def test_method_must_be_a_string(method):
    assert rejected({"jsonrpc": "2.0", "id": 1, "method": method}).code == INVALID_REQUEST


@pytest.mark.parametrize("params", [1, "x", True, [], [{}]])
def test_params_must_be_an_object(params):
    rejection = rejected({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": params})
    assert (rejection.code, rejection.id) == (INVALID_PARAMS, 1)


def test_params_may_be_left_out():
    assert served({"jsonrpc": "2.0", "id": 1, "method": "ping"}).params == {}
    assert served({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None}).params == {}


@pytest.mark.parametrize("version", [None, *LEGACY, MODERN])
def test_message_without_an_id_is_a_notification_with_any_method(version):
    headers = {"MCP-Protocol-Version": version} if version else {}
    message = {"jsonrpc": "2.0", "method": "tools/call", "params": ECHO}
    assert parse(message, headers) == Notification("tools/call", ECHO)


@pytest.mark.parametrize("answer", [{"result": {}}, {"error": {"code": 1, "message": "no"}}])
@pytest.mark.parametrize("version", [None, *LEGACY])
def test_response_of_a_client_is_taken_for_one(answer, version):
    headers = {"MCP-Protocol-Version": version} if version else {}
    assert isinstance(parse({"jsonrpc": "2.0", "id": 1, **answer}, headers), Response)


@pytest.mark.parametrize("broken", [{"jsonrpc": "1.0"}, {"id": None}])
def test_response_that_is_refused_is_not_answered_under_its_id(broken):
    rejection = rejected({"jsonrpc": "2.0", "id": 1, "result": {}} | broken)
    assert (rejection.code, rejection.id) == (INVALID_REQUEST, None)


@pytest.mark.parametrize("batch", [[], [request("ping")], [request("ping"), request("ping", id=2)], [1]])
@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25", MODERN])
def test_body_must_be_a_single_message_so_batches_are_refused(batch, version):
    rejection = rejected(batch, {"MCP-Protocol-Version": version})
    assert (rejection.code, rejection.id) == (INVALID_REQUEST, None)
    assert "Batches" in rejection.message


@pytest.mark.parametrize("body", [b"null", b"1", b"true", b'"ping"'])
def test_body_must_be_an_object(body):
    assert rejected(body).code == INVALID_REQUEST


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_body_that_is_nested_too_deep_is_refused(nested):
    assert rejected(nested).code == PARSE_ERROR
    wrapped = b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": ' + nested + b"}"
    assert rejected(wrapped).code == PARSE_ERROR


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"\x00",
        b"\xef\xbb\xbf{}",
        b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "a\x00b"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}',
        b'{"jsonrpc": "2.0", "id": "\\udc00\\ud800", "method": "ping"}',
        '{"jsonrpc": "2.0"}'.encode("utf-16"),
        b"id=1&method=ping",
    ],
)
def test_body_that_is_not_json_in_utf_8_is_a_parse_error(body):
    assert rejected(body).code == PARSE_ERROR


def test_nul_that_is_written_out_is_a_character_like_any_other():
    assert served(b'{"jsonrpc": "2.0", "id": "\\u0000", "method": "\\u0000"}').method == "\x00"


def test_body_of_3_mb_is_read():
    text = "x" * 3_000_000
    assert served(request("tools/call", {"arguments": {"text": text}})).params["arguments"]["text"] == text


@given(bodies, header_values)
def test_nothing_that_a_client_sends_raises_and_each_rejection_is_a_json_rpc_error_response(body, headers):
    message = parse(body, headers)
    if isinstance(message, Rejection):
        reply = rejection_reply(message)
        assert reply.status_code == 400
        assert_error_response(json.loads(reply.content))
        assert message.code in DEFINED_CODES


def assert_error_response(response: Any) -> None:
    """`response` is JSONRPCErrorResponse of the specification's schema, which has no null id, and no more than that."""
    assert set(response) - {"id"} == {"jsonrpc", "error"}
    assert response["jsonrpc"] == "2.0"
    assert "id" not in response or type(response["id"]) in (int, str)
    error = response["error"]
    assert set(error) - {"data"} == {"code", "message"}
    assert type(error["code"]) is int
    assert type(error["message"]) is str
    if error["code"] == UNSUPPORTED_PROTOCOL_VERSION:
        assert set(error["data"]) == {"supported", "requested"}
        assert type(error["data"]["requested"]) is str
