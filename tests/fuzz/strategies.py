"""Hypothesis strategies for requests that no client should send.

Each test sends the same 60 examples in every run, or FUZZ_EXAMPLES random ones.
"""

import os
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy

from tests.bad_input.values import FORM, JSON
from tests.support.http.url_table import every_path

# Fixtures may outlive an example: no example depends on what an earlier one left behind.
common: dict[str, Any] = {
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
if examples := os.environ.get("FUZZ_EXAMPLES"):
    fuzzed = settings(**common, max_examples=int(examples))
else:
    fuzzed = settings(**common, max_examples=60, derandomize=True, database=None)

HEADERS = (
    "accept",
    "authorization",
    "content_encoding",
    "cookie",
    "mcp_method",
    "mcp_name",
    "mcp_protocol_version",
    "mcp_session_id",
    "origin",
    "referer",
    "x_forwarded_for",
    "x_forwarded_proto",
)
PARAMETERS = (
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "csrfmiddlewaretoken",
    "decision",
    "grant_type",
    "login",
    "login_hint",
    "max_age",
    "next",
    "password",
    "pending",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "shown",
    "state",
    "token",
    "token_type_hint",
    "username",
)
METHODS = (
    "initialize",
    "notifications/initialized",
    "ping",
    "server/discover",
    "tools/call",
    "tools/list",
    "resources/read",
)
paths = some.sampled_from(every_path())
methods = some.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
content_types = some.sampled_from(["", FORM, JSON, "multipart/form-data; boundary=x", "text/plain"]) | some.text(
    max_size=40
)
# What parsers stumble over, and what stumbles by itself.
texts = some.text(max_size=40) | some.sampled_from(
    [
        "\x00",
        "\n",
        "\u202e",
        "\ufffe",
        "http://[::1",
        "http://localhost:99999",
        "https://[",
        "//",
        "\\",
        "%",
        "*",
        "-1",
        "{}",
        "S256",
    ]
)
encoded = texts.map(lambda text: quote_from_bytes(text.encode("utf-8", "surrogatepass"))) | some.binary(
    max_size=40
).map(quote_from_bytes)
# What a header can hold: with a line break it would have ended.
header_values = some.text(some.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
json_values: SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | texts,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def pairs(names: SearchStrategy[str]) -> SearchStrategy[str]:
    """A query or form, of which a name may come twice."""
    pair = some.tuples(names, encoded).map("=".join)
    return some.lists(pair, max_size=8).map("&".join)


def with_some_of(good: dict[str, Any], values: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """`good` with some of its members, and perhaps others, replaced."""
    names = some.sampled_from(list(good)) | texts
    return some.dictionaries(names, values, max_size=3).map(lambda changes: {**good, **changes})


queries = pairs(some.sampled_from(PARAMETERS) | encoded)
