"""The modern era over HTTP: discovery, results and errors with their status codes."""

import json

import pytest
from django.conf import settings
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from tests.mcp_api.conftest import error_of, result_of
from tests.mcp_api.messages import LEGACY, MODERN, SERVER_INFO_KEY, legacy, modern

CAPABILITIES = {"tools", "resources", "prompts", "completions", "logging", "extensions"}

pytestmark = pytest.mark.django_db
ECHO = {"name": "echo", "arguments": {"text": "hello"}}


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


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/subscribe"])
def test_method_of_the_legacy_era_is_named_as_such(caller, method):
    expected = f"Method not found: {method}, as {MODERN} does not have it"
    assert error_of(caller.modern(method))["message"] == expected


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
