"""Values that are too large are refused before they are parsed."""

import json
from typing import Any

import pytest
from oauthlib.oauth2 import OAuth2Error

from accounts.grants import oauthlib_backend
from accounts.resource_server.bearer import InvalidToken, credentials_of
from mcp_api.protocol import envelope
from mcp_api.protocol.messages import Rejection
from tests.linear_time.inputs import form
from tests.mcp_api.messages import legacy, modern

pytestmark = pytest.mark.any_database


TOO_LARGE: dict[str, tuple[str, dict[str, Any]]] = {
    "a URI to read": ("resources/read", {"uri": "a" * 8193}),
    "a URI to subscribe to": ("resources/subscribe", {"uri": "a" * 8193}),
    "a URI to unsubscribe from": ("resources/unsubscribe", {"uri": "a" * 8193}),
    "a URI to complete": (
        "completion/complete",
        {"ref": {"type": "ref/resource", "uri": "a" * 8193}, "argument": {"name": "a", "value": ""}},
    ),
    "a name of a tool": ("tools/call", {"name": "a" * 257}),
    "a name of a prompt": ("prompts/get", {"name": "a" * 257}),
    "a cursor": ("tools/list", {"cursor": "a" * 11_000}),
    "a progress token": ("tools/call", {"name": "echo", "_meta": {"progressToken": "a" * 257}}),
    "a progress token, a number": ("tools/call", {"name": "echo", "_meta": {"progressToken": 10**40}}),
    "a log level": ("logging/setLevel", {"level": "a" * 33}),
    "URIs to listen to": ("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["a" * 8193]}}),
    "many URIs to listen to": ("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["a" * 8192] * 33}}),
    "answers": ("tools/call", {"name": "echo", "inputResponses": {str(number): {} for number in range(10_001)}}),
    "arguments": ("tools/call", {"name": "echo", "arguments": {"text": [0] * 100_001}}),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_value_that_is_too_large_is_refused_before_anything_looks_at_it(name: str) -> None:
    body, headers = legacy(*TOO_LARGE[name])
    refused = envelope.parse(json.dumps(body).encode(), headers)
    assert isinstance(refused, Rejection)
    assert (refused.code, refused.id, refused.status) == (-32602, 1, 400)
    assert refused.message.startswith("params")
    assert len(refused.message) < 200


@pytest.mark.parametrize("member", [{"id": "a" * 257}, {"id": 10**40}, {"method": "a" * 129}])
def test_frame_that_is_too_large_is_refused(member: dict[str, Any]) -> None:
    body, headers = legacy("ping")
    refused = envelope.parse(json.dumps({**body, **member}).encode(), headers)
    assert isinstance(refused, Rejection)
    assert refused.code == -32600
    assert len(refused.message) < 200


@pytest.mark.parametrize("name", ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Text"])
def test_header_that_is_too_large_is_refused(name: str) -> None:
    body, headers = modern("tools/call", {"name": "echo"})
    refused = envelope.parse(json.dumps(body).encode(), {**headers, name: "a" * 20_000})
    assert isinstance(refused, Rejection)
    assert len(refused.message) < 200


@pytest.mark.parametrize("name", oauthlib_backend.LONGEST_VALUES)
def test_parameter_of_oauth_that_is_too_large_is_refused(name: str) -> None:
    longest = oauthlib_backend.LONGEST_VALUES[name]
    form(f"{name}={'a' * longest}")
    with pytest.raises(OAuth2Error) as refused:
        form(f"{name}={'a' * (longest + 1)}")
    assert name in refused.value.description


def test_token_that_is_longer_than_any_of_ours_is_refused() -> None:
    assert credentials_of("Bearer " + "a" * 43)
    with pytest.raises(InvalidToken):
        credentials_of("Bearer " + "a" * 257)
