"""A request of the modern era: its body and headers -> one message, or the error to answer with.

Where a test's name says MUST or SHOULD, it is a sentence of the specification.
"""

import pytest
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from mcp_api.protocol.replies import rejection_reply
from tests.mcp_api.messages import CAPABILITIES_KEY, LEGACY, MODERN, VERSION_KEY, modern, request
from tests.mcp_api.protocol.generated import encoded
from tests.mcp_api.protocol.parsing import rejected, served

ECHO = {"name": "echo", "arguments": {"text": "hello"}}


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
