"""Largest sizes of the parts of a client's message and its headers.

Each is checked when the message is parsed (mcp_api/protocol/envelope.py), before the value is looked up, matched,
stored or repeated in an error. The arguments of tools and prompts are limited only by the size of the body, and by the
number of values that are hashed.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mcp_types import LOG_LEVEL_META_KEY, PROTOCOL_VERSION_META_KEY

# The usual limit of HTTP servers for a request line.
LONGEST_URI = 8192
# The name of a tool has at most 64 characters (mcp_api/checks/primitives.py); that of a prompt is a function's name.
LONGEST_NAME = 256
LONGEST_METHOD = 128
# Of a string: a UUID has 36 characters. Of a number: 128 bits.
LONGEST_ID = 256
LARGEST_NUMBER = 2**128 - 1
# Base64 of the longest key in a list, a URI, with its prefix (mcp_api/methods/pagination.py).
LONGEST_CURSOR = 4 * (LONGEST_URI + 8) // 3
LONGEST_LOG_LEVEL = 32
# Some clients repeat the version in its header, separated by commas.
LONGEST_VERSION = 256
# Of traceparent and tracestate: W3C Trace Context asks servers to propagate at least 512 characters.
LONGEST_TRACE = 1024
# Of all URIs of one subscriptions/listen together: each is matched with every template.
LONGEST_SUBSCRIPTIONS = 32 * LONGEST_URI
# Of a header that repeats an argument or a name, possibly in Base64.
LONGEST_HEADER = 12_288
# A session id of ours has 43 characters, a Last-Event-ID at most 32 and a number.
LONGEST_SESSION_ID = 128
LONGEST_EVENT_ID = 128

# Values in a message, where each member and item is one: each invalid value makes an error, which costs far more than
# the value. Outside the arguments, which a tool's author can bound, the limit is lower.
MOST_VALUES = 100_000
MOST_OTHER_VALUES = 2_000
# Elements of a set, and keys of a dictionary, in a signature, unless the author sets another limit
# (mcp_api/schemas/bounded_collections.py): a client can choose values with equal hashes.
MOST_HASHED = 1000
# Opening brackets and braces, even in strings: Python's garbage collector visits each object that they make.
MOST_OPENED = 200_000

# The members of `params` of all methods: one name has one meaning.
OF_PARAMS = {
    ("uri",): LONGEST_URI,
    ("name",): LONGEST_NAME,
    ("cursor",): LONGEST_CURSOR,
    ("level",): LONGEST_LOG_LEVEL,
    ("protocolVersion",): LONGEST_VERSION,
    ("ref", "uri"): LONGEST_URI,
    ("ref", "name"): LONGEST_NAME,
    ("ref", "type"): LONGEST_NAME,
    ("argument", "name"): LONGEST_NAME,
    ("_meta", PROTOCOL_VERSION_META_KEY): LONGEST_VERSION,
    ("_meta", LOG_LEVEL_META_KEY): LONGEST_LOG_LEVEL,
    ("_meta", "traceparent"): LONGEST_TRACE,
    ("_meta", "tracestate"): LONGEST_TRACE,
}
# Members that identify a request: strings or numbers.
IDS = (("requestId",), ("_meta", "progressToken"))
SUBSCRIPTIONS = ("notifications", "resourceSubscriptions")


def too_large(params: dict[str, Any]) -> str | None:
    """Return the error message for the first member of `params` that is too large; None if there is none."""
    return next(_problems(params), None)


def has_too_many_values(body: bytes) -> bool:
    """Return whether parsing `body` would make too many objects and lists."""
    return body.count(b"[") + body.count(b"{") > MOST_OPENED


def exceeds(value: Any, most: int) -> bool:
    """Return whether there are more than `most` values in `value`. The count stops there."""
    count, waiting = 0, [value]
    while waiting:
        inner = _inner(waiting.pop())
        count += len(inner)
        if count > most:
            return True
        waiting.extend(inner)
    return False


def is_id(value: Any) -> bool:
    """Return whether `value` can be the id of a request: a string or an integer (JSON-RPC) of a limited size."""
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _problems(params: dict[str, Any]) -> Iterator[str]:
    for path, longest in OF_PARAMS.items():
        value = _member(params, path)
        if isinstance(value, str) and len(value) > longest:
            yield f"params.{'.'.join(path)} is longer than {longest} characters."
    for path in IDS:
        value = _member(params, path)
        # The method's schema refuses other types, or the server ignores the member.
        if isinstance(value, str | int) and not isinstance(value, bool) and not is_id(value):
            yield f"params.{'.'.join(path)} is longer than {LONGEST_ID} characters, or no integer of 128 bits."
    yield from _problems_of_subscriptions(_member(params, SUBSCRIPTIONS))
    if exceeds({name: value for name, value in params.items() if name != "arguments"}, MOST_OTHER_VALUES):
        yield f"params has more than {MOST_OTHER_VALUES} values beside its arguments."
    if exceeds(params, MOST_VALUES):
        yield f"params has more than {MOST_VALUES} values."


def _problems_of_subscriptions(uris: Any) -> Iterator[str]:
    sizes = [len(uri) for uri in uris if isinstance(uri, str)] if isinstance(uris, list) else []
    if any(size > LONGEST_URI for size in sizes):
        yield f"params.{'.'.join(SUBSCRIPTIONS)} has a URI that is longer than {LONGEST_URI} characters."
    if sum(sizes) > LONGEST_SUBSCRIPTIONS:
        yield f"params.{'.'.join(SUBSCRIPTIONS)} is longer than {LONGEST_SUBSCRIPTIONS} characters in all."


def _inner(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _member(params: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = params
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
