"""Bytes and headers -> one message of one era, or the error to answer with.

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
from mcp_api.protocol.messages import Notification, Rejection, Request, Response
from mcp_api.protocol.replies import rejection_reply
from tests.mcp_api.messages import CAPABILITIES_KEY, LEGACY, MODERN, VERSION_KEY, initialize, legacy, modern, request
from tests.mcp_api.protocol.generated import bodies, encoded, header_values, parse

ECHO = {"name": "echo", "arguments": {"text": "hello"}}
# Every code that this revision defines: "Implementations MUST NOT emit any code" beside them in their range.
DEFINED_CODES = {PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED_PROTOCOL_VERSION}


def served(body: Any, headers: dict[str, str] | None = None) -> Request:
    message = parse(body, headers)
    assert isinstance(message, Request), message
    return message


def rejected(body: Any, headers: dict[str, str] | None = None) -> Rejection:
    message = parse(body, headers)
    assert isinstance(message, Rejection), message
    return message


# --- The modern era ------------------------------------------------------------------------


def test_modern_request_is_served_as_its_body_says():
    message = served(*modern("tools/call", ECHO, id="a"))
    assert (message.id, message.method, message.version, message.is_modern) == ("a", "tools/call", MODERN, True)
    assert message.params["arguments"] == {"text": "hello"}
    assert message.client_info == {"name": "A client", "version": "1"}
    assert not message.header_disagrees


def test_client_info_may_be_left_out():
    body, headers = modern("tools/list")
    del body["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]
    assert served(body, headers).client_info is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("MCP-Protocol-Version", "2099-01-01"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Name", "other"),
        ("Mcp-Name", "echo, echo"),
    ],
)
def test_servers_must_reject_requests_where_header_values_do_not_match_the_body(header, value):
    body, headers = modern("tools/call", ECHO)
    rejection = rejected(body, headers | {header: value})
    assert (rejection.code, rejection.id) == (HEADER_MISMATCH, 1)
    assert header in rejection.message


@pytest.mark.parametrize("header", ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])
def test_servers_must_reject_requests_where_a_required_standard_header_is_missing(header):
    body, headers = modern("tools/call", ECHO)
    del headers[header]
    assert rejected(body, headers).code == HEADER_MISMATCH


@pytest.mark.parametrize(
    ("method", "params"), [("prompts/get", {"name": "greet"}), ("resources/read", {"uri": "file:///a"})]
)
def test_mcp_name_repeats_the_name_or_uri_of_the_body(method, params):
    body, headers = modern(method, params)
    served(body, headers)
    assert rejected(body, headers | {"Mcp-Name": "other"}).code == HEADER_MISMATCH


def test_mcp_name_is_required_for_no_other_method():
    body, headers = modern("tools/list")
    assert "Mcp-Name" not in headers
    served(body, headers)


@pytest.mark.parametrize("name", ["echo", "Grüße, 世界", " padded ", "line1\nline2", "=?base64?literal?=", ""])
def test_servers_must_decode_an_encoded_mcp_name_value_before_comparing_it(name):
    body, headers = modern("tools/call", {"name": name})
    served(body, headers | {"Mcp-Name": encoded(name)})
    assert rejected(body, headers | {"Mcp-Name": encoded(name + "x")}).code == HEADER_MISMATCH


@pytest.mark.parametrize("payload", ["@", "ZQ", "é", "/w==", "Z Q==", "\x00"])
@pytest.mark.parametrize("params", [{"name": "echo"}, {}], ids=["named", "unnamed"])
def test_mcp_name_that_cannot_be_decoded_matches_nothing(payload, params):
    body, headers = modern("tools/call", params)
    assert rejected(body, headers | {"Mcp-Name": f"=?base64?{payload}?="}).code == HEADER_MISMATCH


def test_markers_of_an_encoded_value_must_appear_exactly_as_shown():
    body, headers = modern("tools/call", ECHO)
    shouted = encoded("echo").replace("base64", "BASE64")
    assert rejected(body, headers | {"Mcp-Name": shouted}).code == HEADER_MISMATCH


def test_mcp_method_is_never_encoded():
    body, headers = modern("tools/list")
    assert rejected(body, headers | {"Mcp-Method": encoded("tools/list")}).code == HEADER_MISMATCH


def test_clients_and_servers_must_use_case_insensitive_comparisons_for_header_names():
    body, headers = modern("tools/call", ECHO)
    served(body, {name.lower(): value for name, value in headers.items()})


def test_header_values_are_case_sensitive():
    body, headers = modern("tools/list")
    assert rejected(body, headers | {"Mcp-Method": "Tools/List"}).code == HEADER_MISMATCH


@pytest.mark.parametrize("key", [VERSION_KEY, CAPABILITIES_KEY])
def test_request_missing_any_required_field_must_be_rejected_as_invalid_params(key):
    body, headers = modern("tools/list")
    del body["params"]["_meta"][key]
    rejection = rejected(body, headers)
    assert (rejection.code, rejection.id) == (INVALID_PARAMS, 1)
    assert key in rejection.message


@pytest.mark.parametrize("params", [{}, {"_meta": {}}, {"_meta": None}, {"_meta": "2026-07-28"}, {"_meta": []}])
def test_modern_header_with_a_body_that_says_nothing_is_invalid_params(params):
    assert rejected(request("tools/list", params), {"MCP-Protocol-Version": MODERN}).code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("key", "value"),
    [(VERSION_KEY, None), (VERSION_KEY, 2026), (VERSION_KEY, {}), (CAPABILITIES_KEY, None), (CAPABILITIES_KEY, [])],
)
def test_required_field_of_the_wrong_type_is_invalid_params(key, value):
    body, headers = modern("tools/list")
    body["params"]["_meta"][key] = value
    assert rejected(body, headers).code == INVALID_PARAMS


@pytest.mark.parametrize("version", ["1900-01-01", "2099-01-01", "latest"])
def test_server_must_respond_with_an_unsupported_protocol_version_error_listing_its_supported_versions(version):
    rejection = rejected(*modern("tools/list", version=version))
    assert (rejection.code, rejection.id) == (UNSUPPORTED_PROTOCOL_VERSION, 1)
    assert rejection.data == {"supported": [*LEGACY, MODERN], "requested": version}
    assert rejection_reply(rejection).status_code == 400


# --- The legacy era ------------------------------------------------------------------------


@pytest.mark.parametrize("version", LEGACY)
def test_legacy_request_is_of_the_revision_that_its_header_names(version):
    message = served(*legacy("tools/call", ECHO, version=version))
    assert (message.version, message.is_modern, message.meta) == (version, False, {})


def test_server_should_assume_protocol_version_2025_03_26_without_a_header():
    assert served(request("tools/call", ECHO)).version == "2025-03-26"
    assert served(initialize("2025-11-25")).version == "2025-03-26"


def test_legacy_request_may_carry_meta_of_its_own():
    body, headers = legacy("tools/call", ECHO | {"_meta": {"progressToken": 1}})
    assert not served(body, headers).is_modern


def test_legacy_request_needs_no_other_headers_and_those_it_has_are_not_compared():
    body, headers = legacy("tools/call", ECHO)
    served(body, headers | {"Mcp-Method": "other", "Mcp-Name": "other"})


@pytest.mark.parametrize("version", LEGACY)
def test_legacy_body_may_name_the_same_revision_as_its_header(version):
    body, headers = legacy("tools/list", {"_meta": {VERSION_KEY: version}}, version=version)
    assert served(body, headers).version == version


@pytest.mark.parametrize("version", ["1900-01-01", "2025-11", "DRAFT-2026-v1", "é", "\x00"])
@pytest.mark.parametrize(
    "body",
    [
        request("tools/list"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 7, "result": {}},
    ],
    ids=["request", "notification", "response"],
)
def test_server_must_respond_with_400_to_an_invalid_or_unsupported_mcp_protocol_version(body, version):
    rejection = rejected(body, {"MCP-Protocol-Version": version})
    assert rejection.code == UNSUPPORTED_PROTOCOL_VERSION
    assert rejection_reply(rejection).status_code == 400


# --- What clients in the field do ----------------------------------------------------------


@pytest.mark.parametrize("version", LEGACY)
def test_modern_body_beside_a_legacy_version_header_is_served_as_the_body_says(version):
    """claude.ai's connectors keep sending the header of their handshake."""
    body, _ = modern("tools/call", ECHO)
    message = served(body, {"MCP-Protocol-Version": version})
    assert (message.version, message.header_disagrees) == (MODERN, True)


@pytest.mark.parametrize("header", ["Mcp-Method", "Mcp-Name"])
def test_modern_body_beside_a_legacy_version_header_must_still_match_what_other_headers_it_has(header):
    body, headers = modern("tools/call", ECHO)
    headers["MCP-Protocol-Version"] = "2025-11-25"
    assert rejected(body, headers | {header: "other"}).code == HEADER_MISMATCH


@pytest.mark.parametrize("repeated", ["2025-11-25, 2025-11-25", "2025-11-25,2025-11-25,", " 2025-11-25 "])
def test_version_header_that_is_repeated_counts_once(repeated):
    """Claude Code sent it twice."""
    assert served(request("tools/list"), {"MCP-Protocol-Version": repeated}).version == "2025-11-25"


@pytest.mark.parametrize(
    "body", [request("tools/list"), {"jsonrpc": "2.0", "method": "notifications/initialized"}], ids=["request", "other"]
)
def test_version_header_that_names_two_versions_is_a_mismatch(body):
    assert rejected(body, {"MCP-Protocol-Version": "2025-11-25, 2025-06-18"}).code == HEADER_MISMATCH


@pytest.mark.parametrize("empty", ["", " ", ",", " , "])
def test_empty_version_header_counts_as_none(empty):
    assert served(request("tools/list"), {"MCP-Protocol-Version": empty}).version == "2025-03-26"


# --- JSON-RPC ------------------------------------------------------------------------------


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
def test_id_that_is_no_usable_number_is_refused(number):
    assert rejected(b'{"jsonrpc": "2.0", "method": "ping", "id": ' + number + b"}").id is None


@pytest.mark.parametrize("version", [None, 2, 2.0, "2", "1.0", [], {}])
def test_all_messages_must_follow_json_rpc_2_0(version):
    assert rejected(request("ping", jsonrpc=version)).code == INVALID_REQUEST
    assert rejected({"id": 1, "method": "ping"}).code == INVALID_REQUEST


@pytest.mark.parametrize("method", [None, 1, True, [], {}])
def test_method_must_be_a_string(method):
    assert rejected({"jsonrpc": "2.0", "id": 1, "method": method}).code == INVALID_REQUEST


@pytest.mark.parametrize("params", [None, 1, "x", True, [], [{}]])
def test_params_must_be_an_object(params):
    rejection = rejected({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": params})
    assert (rejection.code, rejection.id) == (INVALID_PARAMS, 1)


def test_params_may_be_left_out():
    assert served({"jsonrpc": "2.0", "id": 1, "method": "ping"}).params == {}


@pytest.mark.parametrize("version", [None, *LEGACY, MODERN])
def test_message_without_an_id_is_a_notification_whatever_its_method(version):
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


# --- Whatever comes ------------------------------------------------------------------------


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
