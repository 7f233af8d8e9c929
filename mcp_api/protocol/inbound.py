"""What is done with each kind of message: a request is answered, an answer passed on, a notification heeded."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from mcp_types import CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST

from accounts import scopes
from accounts.bearer import InvalidToken, Principal, challenge
from accounts.endpoints import RETRY_AFTER_SECONDS, UNAVAILABLE, error_response
from accounts.models import Event
from mcp_api import envelope
from mcp_api.calls import audit, request_state
from mcp_api.calls.call import Call
from mcp_api.calls.conversation import LEVELS, Conversation
from mcp_api.errors import Busy, Cancelled, InsufficientScope, McpError
from mcp_api.methods import subscriptions
from mcp_api.models import Session
from mcp_api.protocol.admission import Admission
from mcp_api.protocol.dispatch import dispatch, needs_thread
from mcp_api.protocol.exchange import Ended, Exchange, accepts_events
from mcp_api.protocol.legacy_exchange import LegacyExchange
from mcp_api.replies import (
    defect,
    error_reply,
    failure_message,
    json_reply,
    refused_reply,
    rejection_message,
    rejection_reply,
    result_message,
    result_reply,
)
from mcp_api.streams import mailbox, session_mail, sessions
from mcp_api.streams.listening import NoRoom

logger = logging.getLogger(__name__)

# Nobody reads it: the client has gone.
CLIENT_CLOSED_REQUEST = 499


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that was posted, by whom, from which IP address, and in which session."""

    request: HttpRequest
    principal: Principal
    address: str | None
    session: Session | None = None

    def receive(self, message: envelope.Message) -> HttpResponseBase:
        match message:
            case envelope.Request():
                return self.answer(message)
            case envelope.Batch():
                return self.answer_batch(message)
            case envelope.Rejection():
                self.record_rejection(message)
                return rejection_reply(message)
            case _:
                self.heed(message)
                return HttpResponse(status=202)

    # --- Requests ------------------------------------------------------------------------------

    def answer(self, message: envelope.Request) -> HttpResponseBase:
        if message.header_disagrees:
            logger.info("client %s: legacy version header beside a modern body", self.principal.client.client_id)
        try:
            return self.reply(message)
        except UNAVAILABLE:
            raise
        except (Exception, Cancelled) as error:
            return self.refuse(message, error)

    def refuse(self, message: envelope.Request, error: Exception | Cancelled) -> HttpResponse:
        """The reply that says why there is no result."""
        match error:
            case McpError():
                return error_reply(message, error)
            case InsufficientScope():
                scope = " ".join(error.scopes)
                header = challenge(self.request, error="insufficient_scope", scope=scope, description=str(error))
                headers = {"WWW-Authenticate": header}
                return error_response("insufficient_scope", str(error), status=403, headers=headers)
            case InvalidToken():
                header = challenge(self.request, error="invalid_token", scope=scopes.DEFAULT)
                headers = {"WWW-Authenticate": header}
                return error_response("invalid_token", str(error.detail), status=401, headers=headers)
            case NoRoom():
                return self.come_again(message, "Too many streams are open.")
            case Busy():
                return self.come_again(message, str(error))
            case Cancelled():
                return HttpResponse(status=CLIENT_CLOSED_REQUEST)
            case _:
                return error_reply(message, defect(message, error))

    def come_again(self, message: envelope.Request, why: str) -> HttpResponse:
        wait = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return refused_reply(INTERNAL_ERROR, why, 503, request=message, headers=wait)

    def reply(self, message: envelope.Request) -> HttpResponseBase:
        if message.method == "initialize":
            return self.begin_session(message)
        try:
            call = self.call_of(message)
        except McpError as error:
            self.record_error(message, error)
            raise
        if message.method == subscriptions.LISTEN and message.is_modern:
            return subscriptions.listen(self.request, call)
        if not needs_thread(call):
            return result_reply(message, dispatch(call))
        return self.exchange(call)

    def exchange(self, call: Call) -> HttpResponseBase:
        exchange = self.exchange_of(call)
        exchange.start_and_wait()
        return self.end_exchange(exchange, exchange.first())

    def begin_exchange(self, call: Call) -> Exchange:
        """An exchange that an event loop waits for. Raises Busy."""
        exchange = self.exchange_of(call)
        exchange.start()
        return exchange

    def exchange_of(self, call: Call) -> Exchange:
        return (Exchange if call.request.is_modern else LegacyExchange)(self.request, call)

    def end_exchange(self, exchange: Exchange, first: Any) -> HttpResponseBase:
        """The reply, once it is known what comes first."""
        if not isinstance(first, Ended):
            return exchange.respond(first)
        if first.error is not None:
            try:
                raise first.error
            finally:
                # The error's traceback has this frame, which must not have the error.
                del first
        return result_reply(exchange.call.request, first.result or {})

    def begin_session(self, message: envelope.Request) -> HttpResponse:
        result = dispatch(Call(message, self.principal, self.address))
        reply = result_reply(message, result)
        reply[sessions.HEADER] = sessions.begin(self.principal, message.params, result["protocolVersion"])
        return reply

    def call_of(self, message: envelope.Request) -> Call:
        """Raises McpError where the request's `_meta`, or the state that it carries, is not good."""
        state = request_state.unseal(message, self.principal) if message.is_modern else None
        conversation = self.conversation(message)
        if message.is_modern:
            conversation.answers = request_state.answers_in(message, state)
        return Call(
            message, self.principal, self.address, conversation, None if message.is_modern else self.session, state
        )

    def conversation(self, message: envelope.Request) -> Conversation:
        meta = message.params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        if message.is_modern:
            level = message.meta.get(LOG_LEVEL_META_KEY)
            if level is not None and level not in LEVELS:
                raise McpError(INVALID_PARAMS, f"{LOG_LEVEL_META_KEY} is one of {', '.join(LEVELS)}.")
            capabilities = message.meta[CLIENT_CAPABILITIES_META_KEY]
            return Conversation(capabilities=capabilities, log_level=level, progress_token=token)
        level = self.session.log_level if self.session else "info"
        # It is asked on a stream, and answers in its session.
        asks = self.session is not None and accepts_events(self.request)
        capabilities = self.session.capabilities if self.session and asks else {}
        return Conversation(capabilities=capabilities, log_level=level, progress_token=token)

    # --- Batches -------------------------------------------------------------------------------

    def answer_batch(self, batch: envelope.Batch) -> HttpResponse:
        """The answers to a batch's requests, in one list. None of them can speak before it ends."""
        admission = Admission(self.request, self.principal)
        try:
            answers = [
                answer for message in batch.messages if (answer := self.answer_in_batch(message, admission)) is not None
            ]
        except Cancelled:
            return HttpResponse(status=CLIENT_CLOSED_REQUEST)
        return json_reply(answers, 200) if answers else HttpResponse(status=202)

    def answer_in_batch(self, message: Any, admission: Admission) -> dict[str, Any] | None:
        match message:
            case envelope.Rejection():
                self.record_rejection(message)
                return rejection_message(message)
            case envelope.Request():
                call = Call(message, self.principal, self.address, session=self.session)
                try:
                    return result_message(message, self.run(admission.of(call)))
                except UNAVAILABLE:
                    raise
                except Exception as error:
                    return failure_message(message, error)
            case _:
                self.heed(message)
                return None

    def run(self, call: Call) -> dict[str, Any]:
        if not needs_thread(call):
            return dispatch(call)
        exchange = Exchange(self.request, call, speaks=False)
        exchange.start_and_wait()
        ended: Ended = exchange.first()
        if ended.error is not None:
            try:
                raise ended.error
            finally:
                del ended
        return ended.result or {}

    # --- What is not answered --------------------------------------------------------------------

    def heed(self, message: envelope.Notification | envelope.Response) -> None:
        """Pass on what a session's client says to whichever process holds the call that it is about."""
        if self.session is None:
            return
        mail = session_mail.of(message, self.session, token_id=self.principal.token_id)
        if mail is not None:
            session_mail.spend(self.principal)
            mailbox.post_once(sessions.topic(self.session), **mail)

    def record_error(self, message: envelope.Request, error: McpError) -> None:
        """The event of a request that cannot become a call."""
        call = Call(message, self.principal, self.address)
        audit.record(call, Event.Outcome.REFUSED, time.monotonic(), reason=error.reason, detail=error.detail)

    def record_rejection(self, message: envelope.Rejection) -> None:
        audit.record_refusal(self.request, str(message.code), message.message, self.principal)


def session_gone() -> HttpResponse:
    return refused_reply(INVALID_REQUEST, "The session has ended, or is not yours: initialize a new one.", 404)
