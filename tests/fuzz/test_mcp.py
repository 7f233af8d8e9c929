"""The MCP endpoint, sent arbitrary JSON and messages that are almost good."""

import json
from typing import Any

from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as some

from tests.bad_input.requests import META, World
from tests.bad_input.values import JSON
from tests.fuzz.requests import answer
from tests.fuzz.strategies import (
    METHODS,
    fuzzed,
    json_values,
    texts,
    with_some_of,
)


@fuzzed
@given(body=json_values)
def test_any_json(browser: Browser, world: World, body: Any) -> None:
    for path, token in (("/mcp", world.access_token), ("/oauth/register", "")):
        response = answer(browser, "POST", path, json.dumps(body), JSON, authorization=f"Bearer {token}")
        # A list is a batch, whose members are refused one by one.
        batch = path == "/mcp" and isinstance(body, list)
        assert response.status_code in ((200, 202, 400) if batch else (400, 401))


@fuzzed
@given(
    method=some.sampled_from(METHODS) | texts,
    params=with_some_of({"name": "echo", "arguments": {"text": "a"}, "_meta": {}}, json_values) | json_values,
    meta=with_some_of(META, json_values),
    version=some.sampled_from(["", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]) | texts,
    message_id=some.integers() | texts | json_values,
)
def test_almost_a_message(  # noqa: PLR0917 - Hypothesis names each
    browser: Browser, world: World, method: str, params: Any, meta: Any, version: str, message_id: Any
) -> None:
    if version == "2026-07-28" and isinstance(params, dict):
        params["_meta"] = meta
    message = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}
    headers = {
        "authorization": f"Bearer {world.access_token}",
        "mcp_protocol_version": version.encode("utf-8", "replace").decode("latin-1"),
        "mcp_method": method.encode("utf-8", "replace").decode("latin-1"),
        "mcp_name": "echo",
    }
    response = answer(browser, "POST", "/mcp", json.dumps(message), JSON, **headers)
    assert response.status_code in (200, 202, 400, 404)
    if response.content:
        assert response.json().get("error", {}).get("code") != -32603, response.content


@fuzzed
@given(arguments=json_values, tool=some.sampled_from(["echo", "get_time", "get_user_info"]))
def test_any_arguments(browser: Browser, world: World, arguments: Any, tool: str) -> None:
    params = {"name": tool, "arguments": arguments}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    response = answer(browser, "POST", "/mcp", message, JSON, authorization=f"Bearer {world.access_token}")
    if isinstance(arguments, dict) and response.status_code == 200:
        assert "The tool failed" not in response.json()["result"]["content"][0]["text"]


@fuzzed
@given(zone=some.text(max_size=60) | some.sampled_from(["..", "/etc/passwd", "Europe", "Europe/", "a/" * 3000, "."]))
def test_any_time_zone(browser: Browser, world: World, zone: str) -> None:
    params = {"name": "get_time", "arguments": {"timezone": zone}}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    response = answer(browser, "POST", "/mcp", message, JSON, authorization=f"Bearer {world.access_token}")
    assert response.status_code == 200
    assert "The tool failed" not in response.json()["result"]["content"][0]["text"]
