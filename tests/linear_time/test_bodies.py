"""Bodies at `/mcp`, and URIs in them, are parsed in linear time."""

from uuid import UUID

import pytest

from accounts.http.hash_collisions import MODULUS
from mcp_api.protocol.input_limits import LONGEST_URI
from mcp_api.registry.uri_templates import template_of
from tests.linear_time.inputs import message, parse_legacy, uuids_with_one_hash
from tests.linear_time.timing import BODY, MOST_SECONDS, MOST_SECONDS_PER_BODY, Make, Parse, check, seconds

pytestmark = pytest.mark.any_database


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
    "UUIDs with one hash": lambda n: message({"arguments": uuids_with_one_hash(n // 40)}),
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
