"""Hypothesis strategies for the bodies and headers of requests."""

import base64
import json
import operator
from typing import Any

from django.utils.datastructures import CaseInsensitiveMapping
from hypothesis import strategies as st

from mcp_api.protocol import envelope
from mcp_api.protocol.messages import Message
from tests.mcp_api.messages import CAPABILITIES_KEY, LEGACY, MODERN, VERSION_KEY


def parse(body: Any, headers: dict[str, str] | None = None) -> Message:
    """`body` is sent as it is where it is bytes, as JSON otherwise."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return envelope.parse(encoded, CaseInsensitiveMapping(headers or {}))


def encoded(value: str) -> str:
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


# As WSGI and ASGI hand them over: bytes decoded as Latin-1.
latin_1 = st.text(st.characters(codec="latin-1"))
versions = st.sampled_from([*LEGACY, MODERN, "1900-01-01", f"{MODERN}, {MODERN}"])
names = latin_1 | st.sampled_from(["echo", encoded("echo"), "=?base64?é?="]) | latin_1.map("=?base64?{}?=".format)
known_headers = st.fixed_dictionaries(
    {},
    optional={
        "MCP-Protocol-Version": versions | latin_1,
        "Mcp-Method": st.sampled_from(["tools/call", "ping"]) | latin_1,
        "Mcp-Name": names,
        "Mcp-Param-Region": names,
    },
)
header_values = st.builds(operator.or_, st.dictionaries(latin_1, latin_1, max_size=3), known_headers)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | versions,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
metas = anything | st.fixed_dictionaries({}, optional={VERSION_KEY: versions | anything, CAPABILITIES_KEY: anything})
messages = anything | st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | anything,
        "id": st.integers() | anything,
        "method": st.sampled_from(["tools/call", "ping"]) | anything,
        "params": anything | st.fixed_dictionaries({}, optional={"_meta": metas, "name": names | anything}),
        "result": anything,
        "error": anything,
    },
)
bodies = st.binary() | messages.map(lambda message: json.dumps(message).encode())
