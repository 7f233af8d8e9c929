"""The procedure for a request to the MCP endpoint (spec: basic/transports/streamable-http).

Each step is here once, for both shells: refuse foreign origins, authenticate, apply rate limits, parse, route, reply.
All that may wait is called through `effects`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Lock

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from mcp_types.jsonrpc import INVALID_REQUEST

from accounts import rate_limits
from accounts.dpop import nonces
from accounts.dpop.errors import InvalidProof
from accounts.http.address import network_of
from accounts.models import AccessToken
from accounts.resource_server import possession
from accounts.resource_server.bearer import BEARER, DPOP, Credentials, InvalidToken, Principal, admit, credentials_of
from accounts.resource_server.refusals import revoke_if_suspended
from accounts.responses import TOO_LARGE, error_response
from mcp_api.calls import audit
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import Cancelled, ForeignOrigin, MethodNotAllowed, SessionGone, TooManyStreams
from mcp_api.models import Session
from mcp_api.policy import access
from mcp_api.policy import rules as policy
from mcp_api.protocol import envelope
from mcp_api.protocol.error_replies import reply_for
from mcp_api.protocol.messages import Batch, Message, Rejection, Request, needs_no_session
from mcp_api.protocol.replies import empty_reply, error_message, json_reply, rejection_reply
from mcp_api.streams import get_stream, session_messages, sessions
from mcp_api.transport import origin
from mcp_api.transport.effects import Effects
from mcp_api.transport.message_handling import MessageHandler

METHODS = ("POST", "GET", "DELETE", "OPTIONS")
# The status in metrics and logs of a request whose client has disconnected.
CLIENT_CLOSED_REQUEST = 499
# A larger body is parsed in a thread, one body at a time, so that small requests do not wait for the interpreter.
PARSED_AT_ONCE = 65_536
_large_body = Lock()


def parse_large(body: bytes, headers: Mapping[str, str], version: str | None) -> Message:
    with _large_body:
        return envelope.parse(body, headers, version)


async def serve(incoming: Incoming, effects: Effects) -> HttpResponseBase:
    """Return the reply to a request. Raises only what cancels the coroutine itself."""
    handler = RequestHandler(incoming, effects)
    response: HttpResponseBase
    try:
        response = await handler.reply()
    except (Exception, Cancelled) as error:
        response = handler.error_reply(error)
    rate_limits.set_headers(response, rate_limits.headers(handler.statuses))
    if handler.nonce:
        response[nonces.HEADER] = handler.nonce
    return response


class RequestHandler:
    """Handles one request, and keeps what is known of it: principal, session, rate limits, message."""

    def __init__(self, incoming: Incoming, effects: Effects) -> None:
        self.incoming, self.effects = incoming, effects
        self.principal: Principal | None = None
        self.session: Session | None = None
        self.statuses: Sequence[rate_limits.QuotaStatus] = ()
        self.message: Message | None = None
        # The scheme by which the token was sent, and a nonce for the client's next DPoP proof.
        self.scheme, self.nonce = BEARER, ""

    async def reply(self) -> HttpResponseBase:
        """Return the reply. Raises the errors that mcp_api/protocol/error_replies.py has replies for."""
        try:
            await self.check_origin()
            principal = await self.authenticate()
            self.statuses = await self.hit(principal)
            match self.incoming.method:
                case "POST":
                    return await self.post(principal)
                case "GET":
                    return await self.get(principal)
                case "DELETE":
                    return await self.delete(principal)
                case "OPTIONS":
                    return empty_reply(204, {"Allow": ", ".join(METHODS)})
            raise MethodNotAllowed(f'Method "{self.incoming.method}" not allowed.', METHODS)
        except rate_limits.RateLimitExceeded as exceeded:
            await self.record_too_many(exceeded)
            raise

    # --- Admission -----------------------------------------------------------------------------

    async def check_origin(self) -> None:
        """Raise ForeignOrigin, whose event is written, for a web page that may not use the endpoint."""
        if "origin" not in self.incoming.headers:
            return
        request = self.incoming.request
        if not origin.is_allowed(request):
            shown = origin.shown(request)
            await self.effects.run(lambda: audit.record_refusal(request, "foreign_origin", shown, None))
            raise ForeignOrigin

    async def authenticate(self) -> Principal:
        """Read the token, and the session that the request names. Raises InvalidToken and UnknownEndpoint, recorded."""
        try:
            credentials = credentials_of(self.incoming.headers.get("authorization", ""))
            self.scheme = credentials.scheme
            token = await self.effects.find_token(credentials.token, self.session_id)
            self.principal = principal = admit(token, self.incoming.resource, self.incoming.endpoint)
            assert token is not None
            if possession.needs_proof(credentials, token):
                await self.check_possession(credentials, token, principal)
        except InvalidToken as error:
            await self.effects.run(partial(self.record_invalid_token, error))
            raise
        if not policy.is_up_to_date(principal.policy_revision):
            await self.effects.run(lambda: policy.up_to_date(principal.policy_revision))
        if not policy.is_served(principal):
            await self.effects.run(partial(audit.refuse_endpoint, self.incoming.request, principal))
        self.session = sessions.of_token(token, principal.endpoint)
        return principal

    async def check_possession(self, credentials: Credentials, token: AccessToken, principal: Principal) -> None:
        """Verify and use the request's DPoP proof. Raises InvalidPossession."""
        incoming = self.incoming
        self.nonce = nonces.make() if credentials.scheme == DPOP else ""
        header = incoming.headers.get("dpop", "")
        proof = possession.verify(
            credentials, token, principal, method=incoming.method, uri=incoming.resource, header=header
        )
        self.nonce = nonces.renewal(proof.nonce)
        try:
            await self.effects.use_proof(proof)
        except InvalidProof as error:
            raise possession.refusal(error, principal) from error

    @property
    def session_id(self) -> str | None:
        """The id of the session that the request names, if it can be one."""
        session_id = self.incoming.headers.get(sessions.HEADER, "")
        return session_id if session_id and sessions.is_possible(session_id) else None

    async def hit(self, principal: Principal, count: int = 1) -> Sequence[rate_limits.QuotaStatus]:
        """Count the request against the rate limits. Raises RateLimitExceeded."""
        quotas = access.quotas_of(principal, self.incoming.address)
        statuses = rate_limits.leases.hit_locally(*quotas, count=count)
        if statuses is None:
            statuses = await self.effects.run(lambda: rate_limits.leases.hit(*quotas, count=count))
        return statuses

    async def session_named(self) -> Session | None:
        """Return the session that the request names; None if it names none. Raises SessionGone."""
        session = self.session
        if session is None:
            if self.incoming.headers.get(sessions.HEADER):
                raise SessionGone
            return None
        if sessions.needs_note(session) and not await self.effects.run(lambda: sessions.note_use(session)):
            raise SessionGone
        return session

    # --- By HTTP method ------------------------------------------------------------------------

    async def post(self, principal: Principal) -> HttpResponseBase:
        self.message = message = await self.parse()
        if isinstance(message, Batch) and len(message.messages) > 1:
            # Each message counts; one is counted already.
            await self.hit(principal, len(message.messages) - 1)
        session = None if needs_no_session(message) else await self.session_named()
        return await MessageHandler(self.incoming, self.effects, principal, session).handle(message)

    async def parse(self) -> Message:
        body, headers = self.incoming.take_body(), self.incoming.headers
        if body is None:
            return Rejection(INVALID_REQUEST, TOO_LARGE, status=413)
        version = self.session.version if self.session else None
        if len(body) > PARSED_AT_ONCE:
            return await self.effects.run(lambda: parse_large(body, headers, version))
        return envelope.parse(body, headers, version)

    async def get(self, principal: Principal) -> HttpResponseBase:
        """Return the stream of a legacy session."""
        session = await self.session_named()
        if session is None:
            raise MethodNotAllowed("A stream is opened in a session: initialize one first.")
        request = self.incoming.request
        try:
            return await self.effects.run(lambda: get_stream.open_stream(request, principal, session))
        except TooManyStreams as full:
            raise MethodNotAllowed(str(full)) from full
        except ValueError as error:
            return rejection_reply(Rejection(INVALID_REQUEST, str(error)))

    async def delete(self, principal: Principal) -> HttpResponseBase:
        """End a legacy session."""
        session = await self.session_named()
        if session is None:
            return rejection_reply(Rejection(INVALID_REQUEST, f"Name the session to end in {sessions.HEADER}."))

        def end() -> None:
            session_messages.hit(principal)
            sessions.end(session)

        await self.effects.run(end)
        return empty_reply(204)

    # --- Errors ----------------------------------------------------------------------------------

    def error_reply(self, error: Exception | Cancelled) -> HttpResponse:
        """Return the reply for an error."""
        if isinstance(error, Cancelled):
            return empty_reply(CLIENT_CLOSED_REQUEST)
        request = self.message if isinstance(self.message, Request) else None
        reply = reply_for(error, request)
        headers = dict(reply.headers)
        if (parts := reply.challenge) is not None:
            headers["WWW-Authenticate"] = possession.challenges(
                self.incoming.request,
                parts.scheme or self.scheme,
                error=parts.error,
                scope=parts.scope,
                description=parts.description,
                status=reply.status,
            )
        if reply.oauth:
            return error_response(reply.oauth, reply.message, status=reply.status, headers=headers)
        message = error_message(request.id if request else None, reply.code, reply.message, reply.data)
        return json_reply(message, reply.status, headers)

    def record_invalid_token(self, error: InvalidToken) -> None:
        """Write the event. Raises RateLimitExceeded if too many requests come from the address, and UnknownEndpoint."""
        rate_limits.leases.hit(*rate_limits.quotas(calls_address=network_of(self.incoming.address)))
        if self.incoming.endpoint and self.incoming.endpoint not in policy.toolsets():
            audit.refuse_endpoint(self.incoming.request, error.principal)
        audit.record_refusal(self.incoming.request, error.reason, str(error.detail), error.principal)
        revoke_if_suspended(error)

    async def record_too_many(self, exceeded: rate_limits.RateLimitExceeded) -> None:
        """Write the event, and parse the message, whose id the reply has, as for a tool's own limit."""
        if self.message is None and self.incoming.method == "POST":
            self.message = await self.parse()
        await self.effects.run(lambda: audit.record_too_many(self.incoming.request, exceeded, self.principal))
