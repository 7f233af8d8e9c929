"""The MCP endpoint: authenticate, parse, dispatch, reply."""

import logging
import secrets
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST
from rest_framework.request import Request

from accounts.address import client_address
from accounts.bearer import BearerAuthentication, InvalidToken, Principal, challenge
from accounts.endpoints import UNAVAILABLE, MachineAPIView, error_response
from mcp_api import audit, envelope, origin
from mcp_api.call import Call
from mcp_api.dispatch import dispatch
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.replies import error_reply, refused_reply, rejection_reply, result_reply

logger = logging.getLogger(__name__)


class McpView(MachineAPIView):
    """POST one JSON-RPC message (spec: basic/transports/streamable-http)."""

    authentication_classes = [BearerAuthentication]
    http_method_names = ["post", "options"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not origin.is_allowed(request._request):
            raise ForeignOrigin
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> HttpResponse:
        message = self.read(request)
        match message:
            case envelope.Request():
                return self.answer(message, request)
            case envelope.Rejection():
                self.record_refusal(str(message.code), message.message, cast(Principal, request.auth))
                return rejection_reply(message)
            case _:
                return HttpResponse(status=202)

    def read(self, request: Request) -> envelope.Message:
        try:
            return envelope.parse(request.body, request.headers)
        except RequestDataTooBig:
            return envelope.Rejection(INVALID_REQUEST, "The request is too large.")

    def answer(self, message: envelope.Request, request: Request) -> HttpResponse:
        principal = cast(Principal, request.auth)
        if message.header_disagrees:
            logger.info("client %s: legacy version header beside a modern body", principal.client.client_id)
        try:
            return result_reply(message, dispatch(Call(message, principal, client_address(request._request))))
        except McpError as error:
            return error_reply(message, error)
        except InsufficientScope as error:
            scope = " ".join(error.scopes)
            header = challenge(request._request, error="insufficient_scope", scope=scope, description=str(error))
            return error_response("insufficient_scope", str(error), status=403, headers={"WWW-Authenticate": header})
        except UNAVAILABLE:
            raise
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("%s failed, reference %s", message.method, reference)
            return error_reply(message, McpError(INTERNAL_ERROR, f"Internal error, reference {reference}"))

    def explain(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        match exception:
            case ForeignOrigin():
                self.record_refusal("foreign_origin", self.request.META["HTTP_ORIGIN"])
                return refused_reply(INVALID_REQUEST, "This origin may not use this server.", 403)
            case InvalidToken():
                self.record_refusal(exception.reason, str(exception.detail), exception.principal)
                header = {"WWW-Authenticate": self.get_authenticate_header(self.request)}
                return error_response("invalid_token", str(exception.detail), status=401, headers=header)
            case _:
                return super().explain(exception, context)

    def record_refusal(self, reason: str, detail: str, principal: Principal | None = None) -> None:
        audit.record_refusal(self.request._request, reason, detail, principal)


class ForeignOrigin(Exception):
    """The request comes from a web page that is neither ours nor allowed."""
