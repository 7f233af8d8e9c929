"""Parsing of one HTTP body and its headers into one message of one era, or into a rejection.

Pure: no database, no HttpRequest. Two eras share the endpoint (spec: basic/versioning): a *modern* request (2026-07-28)
names its version in `params._meta`, repeated in headers; a *legacy* one (2025-11-25 and before) relies on the version
that `initialize` agreed on, and on the header for it.
"""

from collections.abc import Mapping
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, UNSUPPORTED_PROTOCOL_VERSION
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from accounts.http.json_input import read_json
from mcp_api.protocol.headers import VERSION_HEADER, check_standard_headers, mismatch, param_headers, version_in
from mcp_api.protocol.input_limits import (
    LONGEST_ID,
    LONGEST_METHOD,
    MOST_OPENED,
    MOST_OTHER_VALUES,
    exceeds,
    has_too_many_values,
    is_id,
    too_large,
)
from mcp_api.protocol.messages import (
    Batch,
    Invalid,
    Message,
    Notification,
    Rejection,
    Request,
    RequestId,
    Response,
    SingleMessage,
)

INITIALIZE = "initialize"
# Spec 2025-11-25, basic/transports: without the header, "the server SHOULD assume protocol version 2025-03-26".
VERSION_WITHOUT_HEADER = "2025-03-26"
# The only revision with batches.
BATCH_VERSION = "2025-03-26"
MOST_IN_BATCH = 20
# Characters of a client's error message.
LONGEST_ERROR = 500


def parse(body: bytes, headers: Mapping[str, str], negotiated: str | None = None) -> Message:
    """Return the message in `body`.

    `headers` is a case-insensitive mapping; `negotiated` is the version of the legacy session, which applies if no
    header names one.
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


def _single(message: Any, headers: Mapping[str, str], negotiated: str | None) -> SingleMessage:
    message_id: RequestId | None = None
    try:
        if not isinstance(message, dict):
            raise Invalid(INVALID_REQUEST, "The body must be a JSON-RPC object.")
        message_id = _valid_id(message)
        if _is_response(message):
            # Its id is that of a request of ours. In an error, the client would take it for the id of its own request.
            message_id = None
            return _response(message, headers)
        return _classify(message, message_id, headers, negotiated)
    except Invalid as invalid:
        return Rejection(invalid.code, invalid.message, message_id, invalid.data)


def _batch(content: list[Any], headers: Mapping[str, str], negotiated: str | None) -> Batch | Rejection:
    try:
        version = version_in(headers) or negotiated or VERSION_WITHOUT_HEADER
    except Invalid as invalid:
        return Rejection(invalid.code, invalid.message)
    if version != BATCH_VERSION:
        return Rejection(INVALID_REQUEST, f"Batches are only for {BATCH_VERSION}: send one message per request.")
    if not 0 < len(content) <= MOST_IN_BATCH:
        return Rejection(INVALID_REQUEST, f"A batch holds one message at least, {MOST_IN_BATCH} at most.")
    messages = [_single(message, headers, negotiated) for message in content]
    return Batch([_for_batch(message) for message in messages])


def _for_batch(message: SingleMessage) -> SingleMessage:
    if isinstance(message, Request) and (message.method == "initialize" or message.is_modern):
        # 2025-03-26, basic/lifecycle: "The initialize request MUST NOT be part of a JSON-RPC batch"
        return Rejection(
            INVALID_REQUEST, "initialize, and requests of 2026-07-28, cannot be part of a batch.", message.id
        )
    return message


def _valid_id(message: dict[str, Any]) -> RequestId | None:
    """Return the id, or None if there is none or it is invalid: an invalid one must not be in the error."""
    message_id = message.get("id")
    return message_id if is_id(message_id) else None


def _is_response(message: dict[str, Any]) -> bool:
    return "method" not in message and ("result" in message or "error" in message)


def _response(message: dict[str, Any], headers: Mapping[str, str]) -> Response:
    _check_frame(message)
    _check_version_header(headers)
    result, error = message.get("result"), message.get("error")
    if message.get("id") is None:
        raise Invalid(INVALID_REQUEST, 'A response has the "id" of what it answers.')
    if error is not None:
        text = error.get("message") if isinstance(error, dict) else error
        return Response(message["id"], error=str(text)[:LONGEST_ERROR])
    if exceeds(result, MOST_OTHER_VALUES):
        raise Invalid(INVALID_REQUEST, f"The result has more than {MOST_OTHER_VALUES} values.")
    # The call that asked for it validates it.
    return Response(message["id"], result if isinstance(result, dict) else {})


def _classify(
    message: dict[str, Any], message_id: RequestId | None, headers: Mapping[str, str], negotiated: str | None
) -> Request | Notification:
    _check_frame(message)
    method, params = message.get("method"), message.get("params")
    # Some clients write null for what they leave out.
    params = {} if params is None else params
    if not isinstance(method, str):
        raise Invalid(INVALID_REQUEST, 'The member "method" must be a string.')
    if len(method) > LONGEST_METHOD:
        raise Invalid(INVALID_REQUEST, f'The member "method" is longer than {LONGEST_METHOD} characters.')
    if not isinstance(params, dict):
        raise Invalid(INVALID_PARAMS, 'The member "params" must be an object.')
    if (problem := too_large(params)) is not None:
        raise Invalid(INVALID_PARAMS, problem)
    if message_id is None:
        _check_version_header(headers)
        return Notification(method, params)
    return _with_version(Request(message_id, method, params, version=""), headers, negotiated)


def _check_frame(message: dict[str, Any]) -> None:
    if message.get("jsonrpc") != "2.0":
        raise Invalid(INVALID_REQUEST, 'The member "jsonrpc" must be "2.0".')
    if "id" in message and _valid_id(message) is None:
        raise Invalid(
            INVALID_REQUEST, f'The member "id" must be a string of at most {LONGEST_ID} characters, or an integer.'
        )


def _check_version_header(headers: Mapping[str, str]) -> None:
    """Raise Invalid for an unknown version, of a message other than a request (2025-11-25, Protocol Version Header)."""
    header = version_in(headers)
    if header is not None and header not in KNOWN_PROTOCOL_VERSIONS:
        raise _unsupported(header)


def _with_version(request: Request, headers: Mapping[str, str], negotiated: str | None) -> Request:
    """Return `request` with its revision, after its headers are compared with its body."""
    header = version_in(headers)
    meta = request.params.get("_meta")
    named = meta.get(PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
    if named is None and request.method == INITIALIZE:
        # The revision is negotiated by the body: a header of another revision, or of a later one, says nothing yet.
        return _legacy(request, header if header in HANDSHAKE_PROTOCOL_VERSIONS else None)
    if named is None and header not in MODERN_PROTOCOL_VERSIONS:
        return _legacy(request, header or negotiated)
    if header in HANDSHAKE_PROTOCOL_VERSIONS and named == header:
        return _legacy(request, header)
    return _modern(request, header, meta if isinstance(meta, dict) else {}, headers)


def _legacy(request: Request, version: str | None) -> Request:
    version = version or VERSION_WITHOUT_HEADER
    if version not in HANDSHAKE_PROTOCOL_VERSIONS:
        raise _unsupported(version)
    return Request(request.id, request.method, request.params, version)


def _modern(request: Request, header: str | None, meta: dict[str, Any], headers: Mapping[str, str]) -> Request:
    missing = [key for key in (PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY) if key not in meta]
    if missing:
        raise Invalid(INVALID_PARAMS, f"params._meta lacks what every request must carry: {', '.join(missing)}.")
    version = meta[PROTOCOL_VERSION_META_KEY]
    if not isinstance(version, str) or not isinstance(meta[CLIENT_CAPABILITIES_META_KEY], dict):
        raise Invalid(INVALID_PARAMS, "params._meta: the protocol version is a string, the capabilities are an object.")
    # claude.ai's connectors send the legacy header of their handshake with a modern body that we can serve.
    disagrees = header in HANDSHAKE_PROTOCOL_VERSIONS and version in MODERN_PROTOCOL_VERSIONS
    if header != version and not disagrees:
        raise mismatch(VERSION_HEADER)
    check_standard_headers(request, headers, required=not disagrees)
    if version not in MODERN_PROTOCOL_VERSIONS:
        raise _unsupported(version)
    return Request(request.id, request.method, request.params, version, meta, disagrees, param_headers(headers))


def _unsupported(version: str) -> Invalid:
    data = {"supported": list(KNOWN_PROTOCOL_VERSIONS), "requested": version}
    return Invalid(UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", data)
