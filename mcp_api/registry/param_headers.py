"""Arguments that clients repeat in headers, `Mcp-Param-…`, for what stands between them and us to route by.

A tool asks for one with `Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]`
(spec: basic/transports/streamable-http, Custom Headers from Tool Parameters).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_types.jsonrpc import HEADER_MISMATCH

from mcp_api.errors import McpError
from mcp_api.protocol.envelope import decoded
from mcp_api.schemas.declaration_errors import DeclarationError

# The check that tells of headers that would make clients reject the tool.
FAULT = "mcp_api.E011"
KEYWORD = "x-mcp-header"
PREFIX = "Mcp-Param-"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# At most as many digits as JavaScript can tell apart.
WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,16})(?:\.0+)?", re.ASCII)
PRIMITIVES = ("string", "integer", "boolean")

# The names of nested properties that lead to an argument.
Path = tuple[str, ...]


def declared(schema: dict[str, Any]) -> dict[Path, str]:
    """The headers that a tool's input schema asks for, by argument.

    Raises DeclarationError for one that would make clients reject the tool.
    """
    found = dict(_walk(schema, ()))
    names = [header.lower() for header in found.values()]
    if len(set(names)) < len(names):
        raise DeclarationError(FAULT, f"Two arguments ask for the same {KEYWORD}.", "Give one of them another header.")
    if str(schema).count(f"'{KEYWORD}'") > len(found):
        message = f"{KEYWORD} is only for properties of the arguments themselves, not for referred types."
        raise DeclarationError(FAULT, message, "Make it a parameter of the tool.")
    return found


def check(headers: dict[Path, str], arguments: dict[str, Any], sent: Mapping[str, str], *, required: bool) -> None:
    """Raise McpError unless each of `headers` was `sent` (by lower-case name) just as its argument is."""
    for path, name in headers.items():
        header, value = sent.get(f"{PREFIX}{name}".lower()), _value_at(arguments, path)
        if header is None and (value is None or not required):
            continue
        if header is None or value is None or not _matches(header, value):
            raise McpError(
                HEADER_MISMATCH, f"Header mismatch: {PREFIX}{name} is not the argument {'.'.join(path)} in the body."
            )


def _walk(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for name, described in schema.get("properties", {}).items():
        header = described.get(KEYWORD)
        if header is not None:
            if not isinstance(header, str) or not TOKEN.fullmatch(header) or described.get("type") not in PRIMITIVES:
                message = f"{name}: {KEYWORD} names a header, for a string, an integer or a boolean."
                raise DeclarationError(FAULT, message, "Use letters, digits and hyphens, and one of these types.")
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
    """Spec (Server Validation): numbers are compared as numbers, `42.0` being `42`."""
    written = WHOLE_NUMBER.fullmatch(text)
    return written is not None and int(written[1]) == value
