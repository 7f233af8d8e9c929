"""Handling of each kind of message: requests, responses and notifications."""

import logging
from functools import partial
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from mcp_types import CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.db.errors import UNAVAILABLE
from accounts.resource_server.bearer import Principal
from mcp_api.calls import audit
from mcp_api.calls.call import Call
from mcp_api.calls.channel import LEVELS, ClientChannel
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import McpError
from mcp_api.execution import request_state
from mcp_api.execution.admission import Admission
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import dispatch, needs_thread
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import StreamStarted
from mcp_api.execution.legacy_exchange import LegacyExchange
from mcp_api.extensions import registry as extensions
from mcp_api.methods import subscriptions
from mcp_api.models import Session
from mcp_api.protocol.messages import Batch, Message, Notification, Rejection, Request, Response
from mcp_api.protocol.replies import (
    empty_reply,
    failure_message,
    json_reply,
    rejection_message,
    rejection_reply,
    result_message,
    result_reply,
)
from mcp_api.pubsub import broker
from mcp_api.streams import session_messages, sessions
from mcp_api.transport.effects import Effects

logger = logging.getLogger(__name__)

# Reasons for which a legacy client cannot be asked.
NO_SESSION = "It has no session, in which it would be asked."
NO_STREAM = "Its request does not accept text/event-stream, on which it would be asked."


class MessageHandler:
    """Handles the messages of one HTTP request."""

    def __init__(self, incoming: Incoming, effects: Effects, principal: Principal, session: Session | None) -> None:
        self.incoming, self.effects = incoming, effects
        self.principal, self.session = principal, session

    async def handle(self, message: Message) -> HttpResponseBase:
        """Return the reply. Raises the error that ended the request, unless it is a tool's own."""
        match message:
            case Request():
                return await self.answer(message)
            case Batch():
                return await self.answer_batch(message)
            case Rejection():
                await self.record_rejection(message)
                return rejection_reply(message)
            case _:
                await self.forward(message)
                return empty_reply(202)

    # --- Requests ------------------------------------------------------------------------------

    async def answer(self, message: Request) -> HttpResponseBase:
        if message.header_disagrees:
            logger.info("client %s: legacy version header beside a modern body", self.principal.client.client_id)
        if message.method == "initialize":
            return await self.effects.run(lambda: self.begin_session(message))
        call = await self.make_call(message)
        if message.method == subscriptions.LISTEN and message.is_modern:
            request = self.incoming.request
            return await self.effects.run(lambda: subscriptions.listen(request, call))
        if not needs_thread(call):
            return result_reply(message, await self.result_of(await self.effects.conclude(call)))
        exchange = await self.exchange_of(call)
        outcome = await self.effects.first_outcome(exchange)
        if isinstance(outcome, StreamStarted):
            return exchange.respond()
        return result_reply(message, await self.result_of(outcome))

    async def exchange_of(self, call: Call) -> Exchange:
        if (exchange := extensions.exchange_of(self.incoming, call)) is not None:
            return cast(Exchange, exchange)
        if call.request.is_modern:
            return Exchange(self.incoming, call)
        exchange = LegacyExchange(self.incoming, call)
        if broker.is_reading():
            exchange.subscribe()
        else:
            await self.effects.run(exchange.subscribe)
        return exchange

    async def result_of(self, conclusion: Conclusion) -> dict[str, Any]:
        """Write the event, then return the result or raise the error."""
        await self.effects.write_event(conclusion)
        return conclusion.value()

    def begin_session(self, message: Request) -> HttpResponse:
        result = dispatch(Call(message, self.principal, self.incoming.address, language=self.language))
        reply = result_reply(message, result)
        reply[sessions.HEADER] = sessions.begin(self.principal, message.params, result["protocolVersion"])
        return reply

    async def make_call(self, message: Request) -> Call:
        """Return the call. Raises McpError, whose event is written, for an invalid `_meta` or request state."""
        try:
            return self._make_call(message)
        except McpError as error:
            refused = error
        try:
            await self.effects.run(
                partial(audit.record_refused, Call(message, self.principal, self.incoming.address), refused)
            )
            raise refused
        finally:
            # The error's traceback refers to this frame, which must not refer to the error.
            del refused

    def _make_call(self, message: Request) -> Call:
        address, language, channel = self.incoming.address, self.language, self.channel(message)
        if not message.is_modern:
            return Call(message, self.principal, address, channel, self.session, language=language)
        state = request_state.unseal(message, self.principal)
        channel.answers = request_state.answers_in(message, state)
        return Call(message, self.principal, address, channel, state=state, language=language)

    @property
    def language(self) -> str:
        """The language of calls: that which the person chose, else the one that the client asks for."""
        return self.principal.language or self.incoming.language

    def channel(self, message: Request) -> ClientChannel:
        meta = message.params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        if message.is_modern:
            level = message.meta.get(LOG_LEVEL_META_KEY)
            if level is not None and level not in LEVELS:
                raise McpError(INVALID_PARAMS, f"{LOG_LEVEL_META_KEY} is one of {', '.join(LEVELS)}.")
            capabilities = message.meta[CLIENT_CAPABILITIES_META_KEY]
            return ClientChannel(capabilities=capabilities, log_level=level, progress_token=token)
        level = self.session.log_level if self.session else "info"
        # A legacy client gets input requests on a stream, and answers them in its session.
        if self.session is None:
            return ClientChannel(log_level=level, progress_token=token, unreachable=NO_SESSION)
        if not self.incoming.accepts_events:
            return ClientChannel(log_level=level, progress_token=token, unreachable=NO_STREAM)
        return ClientChannel(capabilities=self.session.capabilities, log_level=level, progress_token=token)

    # --- Batches -------------------------------------------------------------------------------

    async def answer_batch(self, batch: Batch) -> HttpResponse:
        """Return the responses to a batch's requests, as one list. No call of a batch sends other messages."""
        admission, answers = Admission(self.incoming, self.principal), []
        for message in batch.messages:
            answer = await self.answer_in_batch(message, admission)
            if answer is not None:
                answers.append(answer)
        return json_reply(answers, 200) if answers else empty_reply(202)

    async def answer_in_batch(self, message: Any, admission: Admission) -> dict[str, Any] | None:
        match message:
            case Rejection():
                await self.record_rejection(message)
                return rejection_message(message)
            case Request():
                incoming = self.incoming
                call = Call(message, self.principal, incoming.address, session=self.session, language=self.language)
                try:
                    return result_message(message, await self.run(call, admission))
                except UNAVAILABLE:
                    raise
                except Exception as error:
                    return failure_message(message, error)
            case _:
                await self.forward(message)
                return None

    async def run(self, call: Call, admission: Admission) -> dict[str, Any]:
        call = await self.effects.run(lambda: admission.of(call)) if admission.is_old else admission.of(call)
        if not needs_thread(call):
            return await self.result_of(await self.effects.conclude(call))
        outcome = await self.effects.first_outcome(Exchange(self.incoming, call, may_stream=False))
        assert isinstance(outcome, Conclusion)
        return await self.result_of(outcome)

    # --- Messages without a response -------------------------------------------------------------

    async def forward(self, message: Notification | Response) -> None:
        """Post a response or notification of a session's client to the process of the call that it is about."""
        session = self.session
        if session is None:
            return
        posted = session_messages.of(message, session, token_id=self.principal.token_id)
        if posted is None:
            return

        def post() -> None:
            session_messages.hit(self.principal)
            session_messages.post(session, posted)

        await self.effects.run(post)

    async def record_rejection(self, message: Rejection) -> None:
        code, request = str(message.code), self.incoming.request
        await self.effects.run(lambda: audit.record_refusal(request, code, message.message, self.principal))
