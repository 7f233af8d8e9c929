"""Headers that repeat parts of a message (spec: basic/transports/streamable-http, Standard Request Headers)."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from mcp_types.jsonrpc import HEADER_MISMATCH

from mcp_api.protocol.input_limits import LONGEST_HEADER, LONGEST_METHOD, LONGEST_VERSION
from mcp_api.protocol.messages import Invalid, Request

VERSION_HEADER = "MCP-Protocol-Version"
METHOD_HEADER = "Mcp-Method"
NAME_HEADER = "Mcp-Name"
PARAM_HEADERS = "mcp-param-"
# The parameter that Mcp-Name repeats.
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
# The methods of the core. FastMCP 4 omits the header from those of tasks: there it is compared only if it is sent.
NAME_REQUIRED = frozenset(NAMED_BY)
ENCODED = re.compile(r"=\?base64\?(.*)\?=")


def version_in(headers: Mapping[str, str]) -> str | None:
    """Return the version that the header names, or None. Some clients repeat it ("2025-11-25, 2025-11-25").

    Raises Invalid for several versions.
    """
    header = _limited(VERSION_HEADER, headers.get(VERSION_HEADER, ""), LONGEST_VERSION)
    versions = {version.strip() for version in header.split(",")} - {""}
    if len(versions) > 1:
        raise Invalid(HEADER_MISMATCH, f"Header mismatch: {VERSION_HEADER} names several versions.")
    return versions.pop() if versions else None


def check_standard_headers(request: Request, headers: Mapping[str, str], *, required: bool) -> None:
    """Raise Invalid unless Mcp-Method and Mcp-Name repeat the body. A missing one is accepted if not `required`.

    A missing Mcp-Name is accepted from methods of extensions, too.
    """
    method = headers.get(METHOD_HEADER)
    if method:
        method = _limited(METHOD_HEADER, method, LONGEST_METHOD)
    _match(METHOD_HEADER, method, request.method, required=required)
    if request.method in NAMED_BY:
        name = headers.get(NAME_HEADER)
        if name:
            # Of the two, only this one may be encoded (spec: Value Encoding).
            name = _decoded(NAME_HEADER, _limited(NAME_HEADER, name, LONGEST_HEADER))
        is_required = required and request.method in NAME_REQUIRED
        _match(NAME_HEADER, name, request.params.get(NAMED_BY[request.method]), required=is_required)


def param_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the `Mcp-Param-…` headers, by lower-case name. Raises Invalid for one that is too long."""
    params = {name.lower(): value for name, value in headers.items() if name.lower().startswith(PARAM_HEADERS)}
    for name, value in params.items():
        _limited(name, value, LONGEST_HEADER)
    return params


def mismatch(name: str) -> Invalid:
    """Return the error for a header that differs from the body.

    It does not repeat the values, which may be private: rejections are recorded.
    """
    return Invalid(HEADER_MISMATCH, f"Header mismatch: {name} is not what the body says.")


def decoded(header: str) -> str:
    """Return a header's text, decoded if it is in the form `=?base64?…?=` (spec: Value Encoding).

    Raises ValueError for invalid Base64, ASCII or UTF-8.
    """
    encoded = ENCODED.fullmatch(header)
    return header if encoded is None else base64.b64decode(encoded[1], validate=True).decode()


def _match(name: str, header: str | None, value: Any, *, required: bool) -> None:
    """Spec (Server Validation): "MUST reject requests where the values specified in the headers do not match"."""
    if header is None:
        if required:
            raise Invalid(HEADER_MISMATCH, f"Header mismatch: {name} is missing.")
    elif header != value:
        raise mismatch(name)


def _decoded(name: str, header: str) -> str:
    try:
        return decoded(header)
    except ValueError as error:
        raise Invalid(HEADER_MISMATCH, f"Header mismatch: {name} cannot be decoded.") from error


def _limited(name: str, header: str, longest: int) -> str:
    if len(header) > longest:
        raise Invalid(HEADER_MISMATCH, f"The header {name} is longer than {longest} characters.")
    return header
