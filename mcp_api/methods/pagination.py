"""Pages of lists (spec: server/utilities/pagination).

A cursor names the last entry of the previous page, so that it stays valid when entries are added or removed. It is
opaque to the client.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.errors import McpError
from mcp_api.policy.access import is_open_to
from mcp_api.registry.primitive import Primitive

# How long a client may cache a list, in milliseconds. Its scope is private, as the list depends on the person.
LIST_TTL_MS = 60_000

Entry = TypeVar("Entry", bound=Primitive)


def page(call: Call, member: str, entries: Iterable[Entry], describe: Callable[[Entry], Any]) -> dict[str, Any]:
    """Return a page of the entries that the caller may use: {member: [described entries]}, with `nextCursor` if more
    follow, and hints for caches (spec: server/utilities/caching).

    Raises McpError for an invalid cursor.
    """
    open_entries = {entry.key: entry for entry in entries if is_open_to(call.principal, entry)}
    return {**page_of(call, member, open_entries, describe), "ttlMs": LIST_TTL_MS, "cacheScope": "private"}


def page_of(call: Call, member: str, entries: Mapping[str, Any], describe: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a page of the `entries`, sorted by their keys, which the caller may use. Raises McpError, as above."""
    after = _decode(call.request.params.get("cursor"))
    following = sorted(key for key in entries if after is None or key > after)
    shown, more = following[: conf.LIST_PAGE_SIZE], following[conf.LIST_PAGE_SIZE :]
    following_page = {"nextCursor": _encode(shown[-1])} if more else {}
    return {member: [describe(entries[key]) for key in shown], **following_page}


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(b"after:" + key.encode()).decode()


def _decode(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        marker, _, key = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).partition(b":")
        if marker == b"after":
            return key.decode()
    except ValueError:
        pass
    raise McpError(INVALID_PARAMS, "Invalid cursor: start again without one.")
