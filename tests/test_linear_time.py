"""Each parser of a client's text at the largest input that gets to it: in little time, which grows no faster than it.

Processor time of this thread alone, and the best of several runs, so that other work on the machine does not count.
"""

import base64
import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Annotated, Any
from uuid import UUID

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import QueryDict
from django.test import RequestFactory
from mcp_types.methods import validate_client_request
from oauthlib.oauth2 import OAuth2Error
from pydantic import Field, ValidationError

from accounts import scopes
from accounts.audit import request_ids
from accounts.client_credentials import assertions as client_assertions
from accounts.client_credentials.authentication import _decode_basic
from accounts.clients import redirect_uris
from accounts.clients.metadata import MetadataRefused, checked
from accounts.grants import oauthlib_backend
from accounts.http.address import address_of, same_resource
from accounts.http.hash_collisions import MODULUS
from accounts.oauth.token import claimed_client
from accounts.people.passkeys import Decoder
from accounts.resource_server.bearer import InvalidToken, bearer_token
from mcp_api.errors import McpError
from mcp_api.integrations.json_schema import SchemaArguments
from mcp_api.methods import pagination
from mcp_api.protocol import envelope
from mcp_api.protocol.headers import decoded
from mcp_api.protocol.input_limits import LONGEST_URI, MOST_OTHER_VALUES, MOST_VALUES
from mcp_api.protocol.messages import Rejection, Request
from mcp_api.registry.uri_templates import template_of
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of
from mcp_api.schemas.validation_messages import explain
from mcp_api.transport.headers import is_our_host
from mcp_api.transport.origin import is_loopback
from tests.mcp_api.messages import legacy, modern

pytestmark = pytest.mark.any_database

# What gunicorn lets through (config/gunicorn.py), and MAX_BODY_BYTES.
HEADER = 8_190
BODY = 2_500_000
# What another limit leaves of the body of an OAuth endpoint.
OAUTH_BODY = 65_536
MOST_SECONDS = 0.05
# For whole bodies at /mcp, which are parsed in a thread (under an event loop, those of more than 64 kB).
MOST_SECONDS_PER_BODY = 0.5
# For the most arguments that a tool is given, which are checked in its thread: 5 microseconds for each value.
MOST_SECONDS_PER_CALL = 0.5

MEASURABLE_SECONDS = 0.005
TRIES = 8

REFUSALS = (
    *(InvalidArguments, InvalidToken, MetadataRefused, McpError, OAuth2Error, ValidationError),
    *(ValueError, BadRequest, SuspiciousOperation),
)

Parse = Callable[[Any], object]
Make = Callable[[int], Any]


@pytest.fixture(autouse=True, scope="module")
def as_in_a_worker() -> Iterator[None]:
    """Keep what other tests have left from the garbage collector, as a worker does (config/server/worker.py)."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def seconds(parse: Parse, value: Any) -> float:
    """Processor time of the best of three runs."""

    def once() -> float:
        started = time.thread_time()
        with suppress(*REFUSALS):
            parse(value)
        return time.thread_time() - started

    return min(once() for _ in range(3))


def check(parse: Parse, make: Make, largest: int, most: float = MOST_SECONDS) -> None:
    """Try again what takes too long: other work on the machine may be the cause. Quadratic time is always too long."""
    whole_input, half = make(largest), make(largest // 2)
    for _ in range(TRIES):
        whole = seconds(parse, whole_input)
        # Twice the input takes twice as long, with a margin for caches.
        linear = whole <= MEASURABLE_SECONDS or whole < 3 * seconds(parse, half) + MEASURABLE_SECONDS
        if whole < most and linear:
            return
    raise AssertionError(f"{whole:.3f} s for the whole, at most {most} s; twice as long as for the half: {linear}")


def template(uri_template: str) -> Parse:
    return template_of(uri_template).match


URIS: dict[str, tuple[str, Make]] = {
    "two values, hyphens": ("lib://{author}-{title}", lambda n: "lib://" + "-" * (n - 7) + "/"),
    "many values": ("{a}-{b}-{c}-{d}-{e}-{f}", lambda n: "-" * (n - 1) + "/"),
    "a path and a query": ("file:///{+path}{?line}", lambda n: "file:///" + "?" * (n - 9) + "\n"),
    "reserved values": ("{+a}{+b}{+c}{+d}!", lambda n: "é" * n),
    "commas": ("a{+x,y,z}!", lambda n: "a" + "," * (n - 1)),
    "a list of segments": ("a{/x*}", lambda n: "a" + "/b" * (n // 2 - 1) + "/"),
    "a named list": ("a{?x*}", lambda n: "a?" + "x=&" * ((n - 2) // 3)),
    "named, with an unknown name": ("a{?x,y}", lambda n: "a?" + "x=&" * ((n - 6) // 3) + "z=1"),
    "percent-encoded": ("a{+x}", lambda n: "a" + "%C3%A9" * (n // 6)),
    "optional expressions": ("a{/b}{.c}{;d}{?e}{#f}!", lambda n: "a" + "/.;?#" * (n // 5)),
}


@pytest.mark.parametrize("name", URIS)
def test_uri_is_matched_in_linear_time(name: str) -> None:
    uri_template, make = URIS[name]
    check(template(uri_template), make, LONGEST_URI)


def message(params: Any, method: str = "tools/call", members: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **(members or {})}).encode()


def alike_uuids(count: int) -> list[str]:
    return [str(UUID(int=number * MODULUS)) for number in range(count)]


def parse_legacy(body: bytes) -> object:
    return envelope.parse(body, {"MCP-Protocol-Version": "2025-11-25"})


BODIES: dict[str, Make] = {
    "nested arrays": lambda n: b"[" * n,
    "nested objects": lambda n: b'{"a":' * (n // 5),
    "a long integer": lambda n: b'{"id":' + b"9" * n + b"}",
    "a long fraction": lambda n: b'{"id":1.' + b"9" * n + b"}",
    "a long exponent": lambda n: b'{"id":1e' + b"9" * n + b"}",
    "a batch of zeros": lambda n: b"[" + b"0," * (n // 2) + b"0]",
    "empty lists": lambda n: b"[" + b"[]," * (n // 3) + b"0]",
    "the same member": lambda n: b"{" + b'"a":0,' * (n // 6) + b'"a":0}',
    "escapes": lambda n: b'{"id":"' + b"\\u00e9" * (n // 6) + b'"}',
    "blanks": lambda n: b" " * n,
    "no UTF-8": lambda n: b'"' + b"\xff" * n,
    "a long id": lambda n: message({}, members={"id": "a" * n}),
    "a long method": lambda n: message({}, members={"method": "a" * n}),
    "a long URI": lambda n: message({"uri": "a" * n}, "resources/read"),
    "a long name": lambda n: message({"name": "a" * n}),
    "a long cursor": lambda n: message({"cursor": "a" * n}, "tools/list"),
    "a long progress token": lambda n: message({"_meta": {"progressToken": "a" * n}}),
    "members of _meta": lambda n: message({"_meta": {str(number): 0 for number in range(n // 14)}}),
    "arguments": lambda n: message({"name": "x", "arguments": {str(number): 0 for number in range(n // 14)}}),
    "inputResponses": lambda n: message({"inputResponses": {str(number): {} for number in range(n // 15)}}),
    "numbers with one hash": lambda n: message({"arguments": [number * MODULUS for number in range(n // 26)]}),
    "names with one hash": lambda n: message({"arguments": {str(number * MODULUS): 0 for number in range(n // 32)}}),
    "UUIDs with one hash": lambda n: message({"arguments": alike_uuids(n // 40)}),
    "UUIDs": lambda n: message({"arguments": [str(UUID(int=2**127 + number)) for number in range(n // 40)]}),
    "long decimals": lambda n: message({"arguments": [f"1e{number:018}" for number in range(n // 25)]}),
    "many large lists": lambda n: message({"arguments": [[1] * 501] * (n // 1505)}),
    "URIs to listen to": lambda n: message({"notifications": {"resourceSubscriptions": ["a"] * (n // 5)}}),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_is_parsed_in_linear_time(name: str) -> None:
    check(parse_legacy, BODIES[name], BODY - 200, MOST_SECONDS_PER_BODY)


@pytest.mark.parametrize("name", BODIES)
def test_body_that_an_event_loop_parses_itself_takes_little_time(name: str) -> None:
    assert seconds(parse_legacy, BODIES[name](65_000)) < MOST_SECONDS


META = modern("tools/list")[0]["params"]["_meta"]


def validate(method: str, version: str) -> Parse:
    def validated(params: dict[str, Any]) -> None:
        try:
            validate_client_request(method, version, params)
        except ValidationError as error:
            explain(error)

    return validated


# The most that gets past mcp_api/protocol/input_limits.py.
PARAMS: dict[str, tuple[Parse, Make]] = {
    "inputResponses": (
        validate("tools/call", "2026-07-28"),
        lambda n: {"name": "x", "_meta": META, "inputResponses": {str(number): {} for number in range(n - 10)}},
    ),
    "subscriptions": (
        validate("subscriptions/listen", "2026-07-28"),
        lambda n: {"_meta": META, "notifications": {"resourceSubscriptions": [0] * (n - 10)}},
    ),
    "icons": (
        validate("initialize", "2025-11-25"),
        lambda n: {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "a", "version": "1", "icons": [{}] * (n - 10)},
        },
    ),
    "chosen arguments": (
        validate("completion/complete", "2025-11-25"),
        lambda n: {
            "ref": {"type": "ref/prompt", "name": "x"},
            "argument": {"name": "a", "value": "b"},
            "context": {"arguments": {str(number): 0 for number in range(n - 10)}},
        },
    ),
}


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_are_validated_in_linear_time(name: str) -> None:
    parse, make = PARAMS[name]
    check(parse, make, MOST_OTHER_VALUES, 2 * MOST_SECONDS)


def takes_numbers(numbers: list[int], text: Annotated[str, Field(max_length=10)] = "") -> None: ...


NUMBERS = arguments_of(takes_numbers).check
UNIQUE = SchemaArguments(
    {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}, "b": {"type": "string"}}}
).check
RECURSIVE = SchemaArguments(
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": {"type": "array"}}}
).check

ARGUMENTS: dict[str, tuple[Parse, Make]] = {
    "unknown arguments": (NUMBERS, lambda n: {str(number): 0 for number in range(n)}),
    "items of a wrong type": (NUMBERS, lambda n: {"numbers": ["a"] * n}),
    "items of another kind": (NUMBERS, lambda n: {"numbers": [[]] * n}),
    "numbers": (NUMBERS, lambda n: {"numbers": list(range(n))}),
    "unique texts": (UNIQUE, lambda n: {"a": [str(number) for number in range(n)]}),
    "unique texts and numbers": (
        UNIQUE,
        lambda n: {"a": [number if number % 2 else str(number) for number in range(n)]},
    ),
    "unique objects": (UNIQUE, lambda n: {"a": [{"b": number} for number in range(n // 2)]}),
    "unique lists": (UNIQUE, lambda n: {"a": [[number] for number in range(n // 2)]}),
    "unique floats": (UNIQUE, lambda n: {"a": [number + 0.5 for number in range(n)]}),
    "undeclared": (RECURSIVE, lambda n: {str(number): 0 for number in range(n)}),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_are_checked_in_linear_time(name: str) -> None:
    parse, make = ARGUMENTS[name]
    check(parse, make, MOST_VALUES, MOST_SECONDS_PER_CALL)


def form(text: str) -> object:
    return oauthlib_backend.well_formed(QueryDict(text))


def metadata(**members: Any) -> dict[str, Any]:
    return {"redirect_uris": ["https://a.example/b"], **members}


def basic(value: str) -> object:
    request = RequestFactory().post("/oauth/token", headers={"Authorization": f"Basic {value}"})
    return claimed_client(request)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def assertion(claims: bytes) -> str:
    return ".".join(map(encoded, (b'{"alg": "ES256"}', claims, b"a")))


NESTED = lambda n: b'{"a":' * (n // 5)  # noqa: E731 - an entry of the tables below, like the others

# By name: the parser, what makes an input of size n, and the largest n that gets there.
TEXTS: dict[str, tuple[Parse, Make, int]] = {
    "Authorization, Bearer": (bearer_token, lambda n: "Bearer " + "a" * n, HEADER),
    "Authorization, blanks": (bearer_token, lambda n: "Bearer" + " " * n, HEADER),
    "Authorization, Basic": (_decode_basic, lambda n: base64.b64encode(b"%" * (n * 3 // 4)).decode(), HEADER),
    "Authorization, claimed": (basic, lambda n: base64.b64encode(b":" * (n * 3 // 4)).decode(), HEADER),
    "X-Forwarded-For": (lambda text: address_of("127.0.0.1", text), lambda n: "," * n, 2 * HEADER),
    "X-Request-ID": (request_ids.given_or_new, lambda n: "a" * n + "!", HEADER),
    "Host": (is_our_host.__wrapped__, lambda n: "a." * (n // 2) + ":", HEADER),
    "Host, an IPv6 address": (is_our_host.__wrapped__, lambda n: "[" + ":" * n, HEADER),
    "Origin": (is_loopback, lambda n: "http://" + "a." * (n // 2), HEADER),
    "Origin, brackets": (is_loopback, lambda n: "http://" + "[" * n, HEADER),
    "Mcp-Name": (decoded, lambda n: f"=?base64?{'?=' * (n // 2)}", HEADER),
    "cursor": (
        pagination._decode,
        lambda n: base64.b64encode(b"after:" + b":" * (n * 3 // 4)).decode(),
        2 * LONGEST_URI,
    ),
    "form, parameters": (form, lambda n: "&".join(f"a{number}" for number in range(n)), 1000),
    "form, a long value": (form, lambda n: "a=" + "%41" * (n // 3), OAUTH_BODY),
    "form, a repeated resource": (form, lambda n: "&".join(["resource=a"] * n), 1000),
    "scope": (lambda text: scopes.narrow(text.split()), lambda n: "a " * (n // 2), OAUTH_BODY),
    "scope, distinct": (
        lambda text: scopes.narrow(text.split()),
        lambda n: " ".join(str(number) for number in range(n // 6)),
        OAUTH_BODY,
    ),
    "resource": (lambda uri: same_resource(uri, "http://a/mcp"), lambda n: "http://" + "/" * n, 2000),
    "redirect URI": (lambda uri: redirect_uris.check(uri, public=True), lambda n: "https://" + "a." * (n // 2), 2000),
    "redirect URI, to match": (
        lambda uri: redirect_uris.matches(uri, "http://localhost/a"),
        lambda n: "http://localhost:" + "1" * n,
        2000,
    ),
    "metadata, redirect URIs": (
        checked,
        lambda n: metadata(redirect_uris=["https://a.example/"] * (n // 22)),
        OAUTH_BODY,
    ),
    "metadata, a logo": (checked, lambda n: metadata(logo_uri="https://" + "a-" * (n // 2) + "."), OAUTH_BODY),
    "metadata, a logo of dots": (checked, lambda n: metadata(logo_uri="https://" + "a." * (n // 2) + "!"), OAUTH_BODY),
    "metadata, a name": (checked, lambda n: metadata(client_name=" " * n), OAUTH_BODY),
    "metadata, grant types": (checked, lambda n: metadata(grant_types=["a"] * (n // 5)), OAUTH_BODY),
    "metadata, wrong grant types": (checked, lambda n: metadata(grant_types=[0] * (n // 2)), OAUTH_BODY),
    "metadata, wrong redirect URIs": (checked, lambda n: metadata(redirect_uris=[0] * (n // 2)), OAUTH_BODY),
    "metadata, keys": (checked, lambda n: metadata(jwks={"keys": [{}] * (n // 4)}), OAUTH_BODY),
    "metadata, a large key": (
        checked,
        lambda n: metadata(jwks={"keys": [{"kty": "RSA", "n": "A" * n, "e": "AQAB"}]}),
        OAUTH_BODY // 2,
    ),
    "assertion, nested": (client_assertions.unverified_client_id, lambda n: assertion(NESTED(n)), 6_000),
    "assertion, a long number": (
        client_assertions.unverified_client_id,
        lambda n: assertion(b'{"sub":' + b"9" * n + b"}"),
        6_000,
    ),
    "assertion, dots": (client_assertions.unverified_client_id, lambda n: "." * n, 8_192),
    "passkey, nested": (lambda text: Decoder().decode(text), lambda n: NESTED(n).decode(), BODY),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TEXTS)
def test_text_is_parsed_in_linear_time(name: str) -> None:
    parse, make, largest = TEXTS[name]
    check(parse, make, largest)


def test_nested_assertion_is_refused_as_one_that_cannot_be_read() -> None:
    for claims in (NESTED(6_000), b"[" * 6_000):
        with pytest.raises(OAuth2Error):
            client_assertions.unverified_client_id(assertion(claims))


@pytest.mark.parametrize(
    "values",
    [
        [number * MODULUS for number in range(5000)],
        {str(number * MODULUS): 0 for number in range(5000)},
        [f"{number * MODULUS}.0" for number in range(5000)],
        alike_uuids(5000),
        [[number * MODULUS, "a"] for number in range(5000)],
        [[0] * 50 + [number * MODULUS] for number in range(1, 5000)],
        [f"{number * MODULUS}/1" for number in range(1, 5000)],
        [f"{IPv6Address(2**128 - 1 - MODULUS * number)}/128" for number in range(5000)],
        {"deeper": [{"a": [number * MODULUS for number in range(5000)]}]},
        [{"tags": alike_uuids(9)} for _ in range(1000)],
    ],
    ids=["integers", "names", "decimals", "UUIDs", "pairs", "long tuples", "fractions", "networks", "nested", "many"],
)
def test_values_that_were_chosen_to_have_one_hash_are_refused(values: Any) -> None:
    refused = parse_legacy(message({"name": "x", "arguments": {"values": values}}))
    assert isinstance(refused, Rejection)
    assert "chosen to have the same hash" in refused.message


@pytest.mark.parametrize(
    "values",
    [
        [0] * 5000,
        [2**62] * 5000,
        list(range(2**62, 2**62 + 5000)),
        [str(UUID(int=2**127 + number)) for number in range(5000)],
        [f"2030-01-01T00:{number:05}" for number in range(5000)],
        [{"id": number, "name": "a name"} for number in range(5000)],
        [number * MODULUS for number in range(8)],
    ],
    ids=["zeros", "the same", "large", "UUIDs", "texts", "objects", "few"],
)
def test_values_that_nobody_chose_are_read(values: Any) -> None:
    assert isinstance(parse_legacy(message({"name": "x", "arguments": {"values": values}})), Request)


def test_equal_items_are_told_from_like_ones() -> None:
    items: Any
    for items in ([1, True], [0, False, None, ""], [{"a": 1}, {"a": True}], [[1], [2]], ["1", 1], [{}, []]):
        UNIQUE({"a": items})
    for items in ([1, 1.0], ["a", "a"], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[1], [1.0]], [None, None]):
        with pytest.raises(InvalidArguments):
            UNIQUE({"a": items})


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
    assert bearer_token("Bearer " + "a" * 43)
    with pytest.raises(InvalidToken):
        bearer_token("Bearer " + "a" * 257)
