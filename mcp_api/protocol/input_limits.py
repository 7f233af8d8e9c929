"""Largest sizes of what a client sends in a message and its headers.

Each is checked where the message is parsed (mcp_api/protocol/envelope.py), before anything looks the value up, matches
it, stores it or repeats it in an error. The arguments of tools and prompts have no limit here but that of the body, and
of what is hashed.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mcp_types import LOG_LEVEL_META_KEY, PROTOCOL_VERSION_META_KEY

# What servers of HTTP allow in one line; a URI of a resource need not be longer than one of a page.
LONGEST_URI = 8192
# A tool's is 64 at most (mcp_api/checks.py), a prompt's is a function's.
LONGEST_NAME = 256
LONGEST_METHOD = 128
# As a text: a UUID has 36 characters. As a number: what 128 bits hold.
LONGEST_ID = 256
LARGEST_NUMBER = 2**128 - 1
# Base64 of the longest key that a list may have, a URI, and of what stands before it (mcp_api/methods/pagination.py).
LONGEST_CURSOR = 4 * (LONGEST_URI + 8) // 3
LONGEST_LOG_LEVEL = 32
# Some clients repeat the version in its header, separated by commas.
LONGEST_VERSION = 256
# Of traceparent and tracestate: W3C Trace Context asks for 512 to be passed on.
LONGEST_TRACE = 1024
# Of the URIs that one subscriptions/listen names, all together: each of them is matched to every template.
LONGEST_SUBSCRIPTIONS = 32 * LONGEST_URI
# A header that repeats an argument or a name, which may be in Base64.
LONGEST_HEADER = 12_288
# A session id of ours has 43 characters, a Last-Event-ID at most 32 and a number.
LONGEST_SESSION_ID = 128
LONGEST_EVENT_ID = 128

# Values in a message, each member and item being one: what fails to validate is an error each, which costs far more
# than the value. Fewer beside the arguments of a tool, which are its author's to bound.
MOST_VALUES = 100_000
MOST_OTHER_VALUES = 2_000
# Elements of a set in a signature, and keys of a dictionary, whose hashes a client can choose; unless the author says
# otherwise (mcp_api/schemas/bounded_collections.py).
MOST_HASHED = 1000
# Brackets and braces that open, wherever they are: Python's garbage collector looks at each object that they make.
MOST_OPENED = 200_000

# Of the members of `params`, whichever the method: those of the same name mean the same.
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
# Those that name a request: texts or numbers.
IDS = (("requestId",), ("_meta", "progressToken"))
SUBSCRIPTIONS = ("notifications", "resourceSubscriptions")


def too_large(params: dict[str, Any]) -> str | None:
    """The sentence that refuses the first member of `params` that is too large; None where all are of a good size."""
    return next(_problems(params), None)


def has_too_many_values(body: bytes) -> bool:
    """Whether `body`, not parsed yet, would make too many objects and lists."""
    return body.count(b"[") + body.count(b"{") > MOST_OPENED


def exceeds(value: Any, most: int) -> bool:
    """Whether there are more than `most` values in `value`. It stops counting there."""
    count, waiting = 0, [value]
    while waiting:
        inner = _inner(waiting.pop())
        count += len(inner)
        if count > most:
            return True
        waiting.extend(inner)
    return False


def is_id(value: Any) -> bool:
    """Whether `value` can name a request: a string or an integer (JSON-RPC), of a size that can be repeated."""
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
        # Other types are refused by the method's own schema, or are of no use.
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
