"""A request of the legacy era: its body and version header -> one message, or the error to answer with.

Where a test's name says MUST or SHOULD, it is a sentence of the specification.
"""

import pytest
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from mcp_api.protocol.replies import rejection_reply
from tests.mcp_api.messages import LEGACY, VERSION_KEY, initialize, legacy, request
from tests.mcp_api.protocol.parsing import rejected, served

ECHO = {"name": "echo", "arguments": {"text": "hello"}}


@pytest.mark.parametrize("version", LEGACY)
def test_legacy_request_is_of_the_revision_that_its_header_names(version):
    message = served(*legacy("tools/call", ECHO, version=version))
    assert (message.version, message.is_modern, message.meta) == (version, False, {})


def test_server_should_assume_protocol_version_2025_03_26_without_a_header():
    assert served(request("tools/call", ECHO)).version == "2025-03-26"
    assert served(initialize("2025-11-25")).version == "2025-03-26"


@pytest.mark.parametrize("header", ["2024-01-01", "2026-07-28", "2027-12-31", "draft"])
def test_initialize_is_negotiated_by_its_body_whatever_revision_the_header_names(header):
    assert served(initialize("2025-11-25"), {"MCP-Protocol-Version": header}).version == "2025-03-26"


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
