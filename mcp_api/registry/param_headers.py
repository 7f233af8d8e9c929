"""Headers that repeat arguments, `Mcp-Param-…`, so that a proxy can route by them.

A tool declares one with `Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]`
(spec: basic/transports/streamable-http, Custom Headers from Tool Parameters).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_types.jsonrpc import HEADER_MISMATCH

from mcp_api.errors import McpError
from mcp_api.protocol.headers import decoded
from mcp_api.schemas.declaration_errors import DeclarationError

# The check of headers because of which clients would reject the tool.
CHECK_ID = "mcp_api.E011"
KEYWORD = "x-mcp-header"
PREFIX = "Mcp-Param-"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# As many digits as JavaScript represents exactly.
WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,16})(?:\.0+)?", re.ASCII)
PRIMITIVES = ("string", "integer", "boolean")

# The names of nested properties, down to the argument.
Path = tuple[str, ...]


def headers_of(schema: dict[str, Any]) -> dict[Path, str]:
    """Return the headers that a tool's input schema declares, by argument.

    Raises DeclarationError for a header because of which clients would reject the tool.
    """
    found = dict(_walk(schema, ()))
    names = [header.lower() for header in found.values()]
    if len(set(names)) < len(names):
        raise DeclarationError(CHECK_ID, f"Two arguments have the same {KEYWORD}.", "Give one of them another header.")
    if str(schema).count(f"'{KEYWORD}'") > len(found):
        message = f"{KEYWORD} is allowed for properties of the arguments, not for types that they refer to."
        raise DeclarationError(CHECK_ID, message, "Make the property a parameter of the tool.")
    return found


def check(headers: dict[Path, str], arguments: dict[str, Any], sent: Mapping[str, str], *, required: bool) -> None:
    """Raise McpError unless each of `headers` was `sent` (by lower-case name) with the value of its argument."""
    for path, name in headers.items():
        header, value = sent.get(f"{PREFIX}{name}".lower()), _value_at(arguments, path)
        if header is None and (value is None or not required):
            continue
        if header is None or value is None or not _matches(header, value):
            raise McpError(
                HEADER_MISMATCH,
                f"Header mismatch: {PREFIX}{name} differs from the argument {'.'.join(path)}.",
            )


def _walk(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for name, described in schema.get("properties", {}).items():
        header = described.get(KEYWORD)
        if header is not None:
            if not isinstance(header, str) or not TOKEN.fullmatch(header) or described.get("type") not in PRIMITIVES:
                message = f"{name}: {KEYWORD} must be the name of a header, for a string, an integer or a boolean."
                raise DeclarationError(CHECK_ID, message, "Use letters, digits and hyphens, and one of these types.")
            yield (*path, name), header
        yield from _walk(described, (*path, name))


def _value_at(arguments: Any, path: Path) -> Any:
    for name in path:
        arguments = arguments.get(name) if isinstance(arguments, dict) else None
    return arguments


def _matches(header: str, value: Any) -> bool:
    try:
        text = decoded(header)
    except ValueError:
        return False
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, int | float):
        return _is_number(text, value)
    return text == value


def _is_number(text: str, value: float) -> bool:
    """Compare as numbers, so that `42.0` equals `42` (spec: Server Validation)."""
    written = WHOLE_NUMBER.fullmatch(text)
    return written is not None and int(written[1]) == value
