"""The table of errors and their replies, for both forms of reply and both eras."""

import logging
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from accounts import scopes
from accounts.db.errors import UNAVAILABLE
from accounts.rate_limits import RateLimitExceeded
from accounts.resource_server.bearer import InvalidToken
from accounts.responses import RETRY_AFTER_SECONDS
from mcp_api.errors import (
    AuthorError,
    Busy,
    ForeignOrigin,
    InsufficientScope,
    McpError,
    MethodNotAllowed,
    SessionGone,
    TooMany,
    TooManyStreams,
    UnknownEndpoint,
)
from mcp_api.protocol.messages import Request

logger = logging.getLogger(__name__)

# The modern era maps codes to statuses. The legacy era replies with 200 after dispatch: its clients understand a 404 as
# the end of their session.
MODERN_STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_REQUIRED_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
SESSION_GONE = "The session has ended, or is not yours: initialize a new one."
UNREACHABLE = "The server cannot reach its database just now. Try again."
RETRY_LATER = {"Retry-After": str(RETRY_AFTER_SECONDS)}


@dataclass(frozen=True, slots=True)
class Challenge:
    """The arguments of accounts.resource_server.possession.challenges, for the WWW-Authenticate header of the reply."""

    error: str
    scope: str
    description: str = ""
    # That by which the request sent its token, where it is "".
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The reply for an error: a JSON-RPC error, and an HTTP status.

    `oauth` is an OAuth error code. With one, the body of an HTTP reply is an OAuth error (RFC 6749 section 5.2).
    """

    code: int
    message: str
    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    oauth: str = ""
    challenge: Challenge | None = None


def reply_for(error: BaseException | None, request: Request | None = None) -> ErrorReply:
    """Return the reply for `error`, which ended `request`; None is for a request that was not parsed.

    An unexpected error is logged. The client gets a reference, by which the operator finds it in the log.
    """
    match error:
        case TooMany():
            return ErrorReply(error.code, error.message, 429, error.data, error.headers)
        case RateLimitExceeded():
            return reply_for(TooMany(error), request)
        case McpError():
            status = MODERN_STATUS.get(error.code, 200) if request is not None and request.is_modern else 200
            return ErrorReply(error.code, error.message, status, error.data)
        case InsufficientScope():
            challenge = Challenge("insufficient_scope", " ".join(error.scopes), str(error))
            return ErrorReply(INVALID_REQUEST, str(error), 403, oauth="insufficient_scope", challenge=challenge)
        case InvalidToken():
            # RFC 6750 section 3.1: the reply to a request without any credentials has no error code.
            code = "" if error.reason == "missing_token" else error.error
            challenge = Challenge(code, scopes.DEFAULT, scheme=error.scheme)
            return ErrorReply(INVALID_REQUEST, str(error.detail), 401, oauth=error.error, challenge=challenge)
        case ForeignOrigin():
            return ErrorReply(INVALID_REQUEST, "This origin may not use this server.", 403)
        case UnknownEndpoint():
            return ErrorReply(INVALID_REQUEST, str(error), 404, oauth="not_found")
        case SessionGone():
            return ErrorReply(INVALID_REQUEST, SESSION_GONE, 404)
        case MethodNotAllowed():
            headers = {"Allow": ", ".join(error.allowed)} if error.allowed else {}
            return ErrorReply(INVALID_REQUEST, str(error), 405, headers=headers, oauth="invalid_request")
        case TooManyStreams() | Busy():
            return ErrorReply(INTERNAL_ERROR, str(error), 503, headers=RETRY_LATER)
        case _ if isinstance(error, UNAVAILABLE):
            return ErrorReply(INTERNAL_ERROR, UNREACHABLE, 503, headers=RETRY_LATER, oauth="temporarily_unavailable")
        case _:
            return _defect(error, request)


def _defect(error: BaseException | None, request: Request | None) -> ErrorReply:
    reference = secrets.token_hex(4)
    subject = request.method if request is not None else "A request"
    mistake = f": {error}" if isinstance(error, AuthorError) else ""
    logger.error("%s failed, reference %s%s", subject, reference, mistake, exc_info=error)
    message = f"Internal error, reference {reference}{mistake if settings.DEBUG else ''}"
    return ErrorReply(INTERNAL_ERROR, message, 200 if request is not None else 500)
