"""The MCP endpoint: authenticate, parse, and hand over (spec: basic/transports/streamable-http)."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from mcp_types.jsonrpc import INVALID_REQUEST
from rest_framework.request import Request

from accounts import limits
from accounts.address import client_address, client_network
from accounts.bearer import BearerAuthentication, InvalidToken, Principal
from accounts.endpoints import TOO_LARGE, MachineAPIView, error_response
from mcp_api import envelope
from mcp_api.calls import audit
from mcp_api.errors import TooMany
from mcp_api.models import Session
from mcp_api.offers.access import quotas_of
from mcp_api.protocol import origin
from mcp_api.protocol.inbound import Inbound, session_gone
from mcp_api.replies import refused_reply, too_many_reply
from mcp_api.streams import session_mail, session_stream, sessions
from mcp_api.streams.listening import NoRoom
from mcp_api.streams.sessions import SessionGone


class McpView(MachineAPIView):
    """POST a JSON-RPC message; GET the stream of a legacy session, or DELETE it."""

    authentication_classes = [BearerAuthentication]
    http_method_names = ["post", "get", "delete", "options"]
    known: Principal | None = None
    standings: Sequence[limits.Standing] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            # It holds the view and its request, which hold it: a large body would wait for the garbage collector.
            if getattr(self.request, "parser_context", None):
                self.request.parser_context.clear()
            # Django's request holds itself, by its lazy user: its body must not wait with it.
            request._body = b""
            request._stream = BytesIO()
            request.META.pop("wsgi.input", None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not origin.is_allowed(request._request):
            raise ForeignOrigin
        try:
            super().initial(request, *args, **kwargs)
        except InvalidToken:
            limits.spend(*limits.quotas(calls_address=client_network(request._request)))
            raise
        self.known = self.principal
        self.standings = limits.spend(*self.quotas)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        limits.tell(response, limits.headers(self.standings))
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def quotas(self) -> list[limits.Quota]:
        return quotas_of(self.principal, client_address(self.request._request))

    def post(self, request: Request) -> HttpResponseBase:
        session, gone = self.session(request)
        message = self.read(request, session)
        if isinstance(message, envelope.Batch) and len(message.messages) > 1:
            # Each counts; one of them did already.
            limits.spend(*self.quotas, count=len(message.messages) - 1)
        if envelope.needs_no_session(message):
            session = None
        elif gone:
            return session_gone()
        return Inbound(request._request, self.principal, client_address(request._request), session).receive(message)

    def get(self, request: Request) -> HttpResponseBase:
        session, gone = self.session(request)
        if gone:
            return session_gone()
        if session is None:
            return self.not_allowed("A stream is opened in a session: initialize one first.")
        try:
            return session_stream.open_stream(request._request, self.principal, session)
        except NoRoom:
            return self.not_allowed("Too many streams are open.")
        except ValueError as error:
            return refused_reply(INVALID_REQUEST, str(error), 400)

    def delete(self, request: Request) -> HttpResponseBase:
        session, gone = self.session(request)
        if gone:
            return session_gone()
        if session is None:
            return refused_reply(INVALID_REQUEST, f"Name the session to end in {sessions.HEADER}.", 400)
        session_mail.spend(self.principal)
        sessions.end(session)
        return HttpResponse(status=204)

    @property
    def principal(self) -> Principal:
        return cast(Principal, self.request.auth)

    def session(self, request: Request) -> tuple[Session | None, bool]:
        """The session that the request names, and whether it is gone. Only legacy messages belong to one."""
        try:
            return sessions.find(request._request, self.principal), False
        except SessionGone:
            return None, True

    def read(self, request: Request, session: Session | None) -> envelope.Message:
        try:
            return envelope.parse(request.body, request.headers, session.version if session else None)
        except RequestDataTooBig:
            return envelope.Rejection(INVALID_REQUEST, TOO_LARGE, status=413)

    def too_many(self, spent: limits.Spent) -> HttpResponse:
        """The same as for a tool's own limit; with the id of the request, where it was one."""
        audit.record_too_many(self.request._request, spent, self.known)
        message = self.read(self.request, None) if self.request.method == "POST" else None
        return too_many_reply(TooMany(spent), message if isinstance(message, envelope.Request) else None)

    def not_allowed(self, why: str) -> HttpResponse:
        return error_response("invalid_request", why, status=405)

    def explain(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        match exception:
            case ForeignOrigin():
                audit.record_refusal(self.request._request, "foreign_origin", origin.shown(self.request._request), None)
                return refused_reply(INVALID_REQUEST, "This origin may not use this server.", 403)
            case InvalidToken():
                detail = str(exception.detail)
                audit.record_refusal(self.request._request, exception.reason, detail, exception.principal)
                header = {"WWW-Authenticate": self.get_authenticate_header(self.request)}
                return error_response("invalid_token", detail, status=401, headers=header)
            case limits.Spent():
                return self.too_many(exception)
            case _:
                return super().explain(exception, context)


class ForeignOrigin(Exception):
    """The request comes from a web page that is neither ours nor allowed."""
