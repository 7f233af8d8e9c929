"""One HTTP body and its headers -> one message of one era, or the error to answer with.

Pure: no database, no HttpRequest. Two eras share the endpoint (spec: basic/versioning):
a *modern* request (2026-07-28) names its version in `params._meta`, mirrored in headers; a
*legacy* one (2025-11-25 and before) opened with `initialize` and says little more than its method.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from accounts.http.json_input import read_json
from mcp_api.protocol.input_limits import (
    LONGEST_HEADER,
    LONGEST_ID,
    LONGEST_METHOD,
    LONGEST_VERSION,
    MOST_OPENED,
    MOST_OTHER_VALUES,
    exceeds,
    has_too_many_values,
    is_id,
    too_large,
)

VERSION_HEADER = "MCP-Protocol-Version"
METHOD_HEADER = "Mcp-Method"
NAME_HEADER = "Mcp-Name"
PARAM_HEADERS = "mcp-param-"
# The parameter that Mcp-Name repeats (spec: basic/transports/streamable-http, Standard Request Headers).
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
# Spec 2025-11-25, basic/transports: without the header, "the server SHOULD assume protocol version 2025-03-26".
VERSION_WITHOUT_HEADER = "2025-03-26"
# The only revision that knows batches.
BATCH_VERSION = "2025-03-26"
MOST_IN_BATCH = 20


RequestId = str | int
ENCODED = re.compile(r"=\?base64\?(.*)\?=")


@dataclass(frozen=True, slots=True)
class Request:
    """A JSON-RPC request. `version` is a known revision; `meta` is `params._meta`, empty in the legacy era."""

    id: RequestId
    method: str
    params: dict[str, Any]
    version: str
    meta: dict[str, Any] = field(default_factory=dict)
    # The header named a legacy version beside a modern body: served as the body says, and worth a line in the log.
    header_disagrees: bool = False
    # The `Mcp-Param-…` headers, by lower-case name.
    param_headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_modern(self) -> bool:
        return self.version in MODERN_PROTOCOL_VERSIONS

    @property
    def client_info(self) -> Any:
        return self.meta.get(CLIENT_INFO_META_KEY)


@dataclass(frozen=True, slots=True)
class Notification:
    """A JSON-RPC notification, which is never answered."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """A client's answer to something that a server asked it (legacy era): a result, or what went wrong."""

    id: RequestId
    result: dict[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message that is refused before anything is done, with this JSON-RPC error: HTTP 400, or 413 for its size."""

    code: int
    message: str
    id: RequestId | None = None
    data: Any = None
    status: int = 400


@dataclass(frozen=True, slots=True)
class Batch:
    """Several messages at once, as 2025-03-26 alone has them. None is a modern request, or `initialize`."""

    messages: "list[Request | Notification | Response | Rejection]"


Message = Request | Notification | Response | Rejection | Batch


class _Reject(Exception):
    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def parse(body: bytes, headers: Mapping[str, str], negotiated: str | None = None) -> Message:
    """Classify what was posted. `headers` must look names up regardless of case; `negotiated` is the version that
    the client's legacy session agreed on, which holds where no header names one.
    """
    if has_too_many_values(body):
        return Rejection(INVALID_REQUEST, f"The body has more than {MOST_OPENED} objects and lists.")
    try:
        content = read_json(body)
    except ValueError as error:
        return Rejection(PARSE_ERROR, f"The body is not JSON: {error}.")
    if isinstance(content, list):
        return _batch(content, headers, negotiated)
    return _single(content, headers, negotiated)


def _single(
    message: Any, headers: Mapping[str, str], negotiated: str | None
) -> Request | Notification | Response | Rejection:
    message_id: RequestId | None = None
    try:
        if not isinstance(message, dict):
            raise _Reject(INVALID_REQUEST, "The body must be a JSON-RPC object.")
        message_id = _valid_id(message)
        if _is_response(message):
            # Its id is one of ours, which an error must not echo: the client would take it for its own request's.
            message_id = None
            return _response(message, headers)
        return _classify(message, message_id, headers, negotiated)
    except _Reject as reject:
        return Rejection(reject.code, reject.message, message_id, reject.data)


def _batch(content: list[Any], headers: Mapping[str, str], negotiated: str | None) -> Batch | Rejection:
    try:
        version = _version_header(headers) or negotiated or VERSION_WITHOUT_HEADER
    except _Reject as reject:
        return Rejection(reject.code, reject.message)
    if version != BATCH_VERSION:
        return Rejection(INVALID_REQUEST, f"Batches are only for {BATCH_VERSION}: send one message per request.")
    if not 0 < len(content) <= MOST_IN_BATCH:
        return Rejection(INVALID_REQUEST, f"A batch holds one message at least, {MOST_IN_BATCH} at most.")
    messages = [_single(message, headers, negotiated) for message in content]
    return Batch([_for_batch(message) for message in messages])


def _for_batch(
    message: Request | Notification | Response | Rejection,
) -> Request | Notification | Response | Rejection:
    if isinstance(message, Request) and (message.method == "initialize" or message.is_modern):
        # 2025-03-26, basic/lifecycle: "The initialize request MUST NOT be part of a JSON-RPC batch"
        return Rejection(
            INVALID_REQUEST, "initialize, and requests of 2026-07-28, cannot be part of a batch.", message.id
        )
    return message


def _valid_id(message: dict[str, Any]) -> RequestId | None:
    """The id, or None where there is none; a bad one cannot be echoed, so it counts as none until it is refused."""
    message_id = message.get("id")
    return message_id if is_id(message_id) else None


def _is_response(message: dict[str, Any]) -> bool:
    return "method" not in message and ("result" in message or "error" in message)


def _response(message: dict[str, Any], headers: Mapping[str, str]) -> Response:
    _check_frame(message)
    _check_version_header(headers)
    result, error = message.get("result"), message.get("error")
    if message.get("id") is None:
        raise _Reject(INVALID_REQUEST, 'A response has the "id" of what it answers.')
    if error is not None:
        told = error.get("message") if isinstance(error, dict) else error
        return Response(message["id"], error=str(told)[:500])
    if exceeds(result, MOST_OTHER_VALUES):
        raise _Reject(INVALID_REQUEST, f"The result has more than {MOST_OTHER_VALUES} values.")
    # Whatever it is, it is held against the question, if that is still open.
    return Response(message["id"], result if isinstance(result, dict) else {})


def _classify(
    message: dict[str, Any], message_id: RequestId | None, headers: Mapping[str, str], negotiated: str | None
) -> Request | Notification:
    _check_frame(message)
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str):
        raise _Reject(INVALID_REQUEST, 'The member "method" must be a string.')
    if len(method) > LONGEST_METHOD:
        raise _Reject(INVALID_REQUEST, f'The member "method" is longer than {LONGEST_METHOD} characters.')
    if not isinstance(params, dict):
        raise _Reject(INVALID_PARAMS, 'The member "params" must be an object.')
    if (problem := too_large(params)) is not None:
        raise _Reject(INVALID_PARAMS, problem)
    if message_id is None:
        _check_version_header(headers)
        return Notification(method, params)
    return _with_version(Request(message_id, method, params, version=""), headers, negotiated)


def _check_frame(message: dict[str, Any]) -> None:
    if message.get("jsonrpc") != "2.0":
        raise _Reject(INVALID_REQUEST, 'The member "jsonrpc" must be "2.0".')
    if "id" in message and _valid_id(message) is None:
        raise _Reject(
            INVALID_REQUEST, f'The member "id" must be a string of at most {LONGEST_ID} characters, or an integer.'
        )


def _check_version_header(headers: Mapping[str, str]) -> None:
    """For messages other than requests, whose body names no version (spec 2025-11-25, Protocol Version Header)."""
    header = _version_header(headers)
    if header is not None and header not in KNOWN_PROTOCOL_VERSIONS:
        raise _unsupported(header)


def _with_version(request: Request, headers: Mapping[str, str], negotiated: str | None) -> Request:
    """`request` with its revision, its headers held against its body."""
    header = _version_header(headers)
    meta = request.params.get("_meta")
    named = meta.get(PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
    if named is None and header not in MODERN_PROTOCOL_VERSIONS:
        return _legacy(request, header or negotiated)
    if header in HANDSHAKE_PROTOCOL_VERSIONS and named == header:
        return _legacy(request, header)
    return _modern(request, header, meta if isinstance(meta, dict) else {}, headers)


def _version_header(headers: Mapping[str, str]) -> str | None:
    """The one version that the header names; some clients repeat it ("2025-11-25, 2025-11-25")."""
    header = _sized(VERSION_HEADER, headers.get(VERSION_HEADER, ""), LONGEST_VERSION)
    versions = {version.strip() for version in header.split(",")} - {""}
    if len(versions) > 1:
        raise _Reject(HEADER_MISMATCH, f"Header mismatch: {VERSION_HEADER} names several versions.")
    return versions.pop() if versions else None


def _legacy(request: Request, version: str | None) -> Request:
    version = version or VERSION_WITHOUT_HEADER
    if version not in HANDSHAKE_PROTOCOL_VERSIONS:
        raise _unsupported(version)
    return Request(request.id, request.method, request.params, version)


def _modern(request: Request, header: str | None, meta: dict[str, Any], headers: Mapping[str, str]) -> Request:
    missing = [key for key in (PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY) if key not in meta]
    if missing:
        raise _Reject(INVALID_PARAMS, f"params._meta lacks what every request must carry: {', '.join(missing)}.")
    version = meta[PROTOCOL_VERSION_META_KEY]
    if not isinstance(version, str) or not isinstance(meta[CLIENT_CAPABILITIES_META_KEY], dict):
        raise _Reject(INVALID_PARAMS, "params._meta: the protocol version is a string, the capabilities are an object.")
    # claude.ai's connectors send the legacy header of their handshake beside a modern body that we can serve.
    disagrees = header in HANDSHAKE_PROTOCOL_VERSIONS and version in MODERN_PROTOCOL_VERSIONS
    if header != version and not disagrees:
        raise _mismatch(VERSION_HEADER)
    method = headers.get(METHOD_HEADER)
    _match(
        METHOD_HEADER, method and _sized(METHOD_HEADER, method, LONGEST_METHOD), request.method, required=not disagrees
    )
    if request.method in NAMED_BY:
        # Of the two, only this one may be encoded (spec: Value Encoding).
        name = headers.get(NAME_HEADER)
        _match(
            NAME_HEADER,
            name and _decoded(NAME_HEADER, _sized(NAME_HEADER, name, LONGEST_HEADER)),
            request.params.get(NAMED_BY[request.method]),
            required=not disagrees,
        )
    if version not in MODERN_PROTOCOL_VERSIONS:
        raise _unsupported(version)
    params = {name.lower(): value for name, value in headers.items() if name.lower().startswith(PARAM_HEADERS)}
    for name, value in params.items():
        _sized(name, value, LONGEST_HEADER)
    return Request(request.id, request.method, request.params, version, meta, disagrees, params)


def _match(name: str, header: str | None, value: Any, *, required: bool) -> None:
    """Spec (Server Validation): "MUST reject requests where the values specified in the headers do not match"."""
    if header is None and not required:
        return
    if header is None or header != value:
        raise (
            _mismatch(name) if header is not None else _Reject(HEADER_MISMATCH, f"Header mismatch: {name} is missing.")
        )


def _mismatch(name: str) -> _Reject:
    """The values are not repeated: they may be private, and rejections are recorded."""
    return _Reject(HEADER_MISMATCH, f"Header mismatch: {name} is not what the body says.")


def _decoded(name: str, header: str) -> str:
    try:
        return decoded(header)
    except ValueError as error:
        raise _Reject(HEADER_MISMATCH, f"Header mismatch: {name} cannot be decoded.") from error


def _sized(name: str, header: str, longest: int) -> str:
    if len(header) > longest:
        raise _Reject(HEADER_MISMATCH, f"The header {name} is longer than {longest} characters.")
    return header


def decoded(header: str) -> str:
    """A header's text: as it stands, or out of `=?base64?…?=` (spec: Value Encoding).

    Raises ValueError for what is no Base64, no ASCII or no UTF-8.
    """
    encoded = ENCODED.fullmatch(header)
    return header if encoded is None else base64.b64decode(encoded[1], validate=True).decode()


def _unsupported(version: str) -> _Reject:
    data = {"supported": list(KNOWN_PROTOCOL_VERSIONS), "requested": version}
    return _Reject(UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", data)


def needs_no_session(message: Message) -> bool:
    """Whether `message` belongs to no legacy session, whatever its header says: modern ones, and what begins one."""
    return isinstance(message, Request) and (message.is_modern or message.method == "initialize")
