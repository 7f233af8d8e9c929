"""The legacy era over HTTP: initialize, a session's calls, and errors with status 200."""

import json

import pytest
from mcp_types.jsonrpc import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
)

from tests.mcp_api.conftest import error_of, result_of
from tests.mcp_api.messages import LEGACY, MODERN, initialize, request

CAPABILITIES = {"tools", "resources", "prompts", "completions", "logging", "extensions"}

pytestmark = pytest.mark.django_db
ECHO = {"name": "echo", "arguments": {"text": "hello"}}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


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
