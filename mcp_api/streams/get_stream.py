"""The stream that a legacy client opens with GET: notifications of changes, or the rest of a call's stream.

Spec 2025-11-25, basic/transports: Listening for Messages from the Server; Resumability and Redelivery.
"""

import time
from collections.abc import Hashable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from mcp_types.version import LATEST_HANDSHAKE_VERSION

from accounts.resource_server.bearer import InvalidToken, Principal
from mcp_api.calls import audit
from mcp_api.calls.channel import Message
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.models import Session
from mcp_api.policy import access
from mcp_api.protocol.input_limits import LONGEST_EVENT_ID
from mcp_api.protocol.messages import Request
from mcp_api.protocol.replies import failure_message
from mcp_api.pubsub import broker, notifications
from mcp_api.registry import targets
from mcp_api.registry.uri_forms import normal_form
from mcp_api.streams import session_messages, sessions
from mcp_api.streams.notification_stream import NotificationStream
from mcp_api.streams.sse import event
from mcp_api.workers import deadlines

RECONNECT_MS = 1000
# How long a request waits for the messages of a stream that may no longer exist.
UNKNOWN_SECONDS = 5.0
# How old the principal may be for messages before the result of a call.
FRESH_SECONDS = 1.0
# The stream id in the event ids of changes.
CHANGE = "change"


class ChangeStream(NotificationStream):
    """Notifications of changes, from now on or after the event with the number `after`.

    A session has one such stream: a new one ends the earlier one.
    """

    def __init__(self, request: HttpRequest, principal: Principal, session: Session, after: int | None) -> None:
        super().__init__(request, principal)
        self.session, self.after = session, after
        # The URIs that the client watches, by their normal forms.
        self.uris = {normal_form(uri): uri for uri in session.subscriptions}
        self.is_resumable = session.version == LATEST_HANDSHAKE_VERSION
        self.opened = self.reopened = 0

    def begin(self) -> None:
        self.subscribe(notifications.TOPIC, self.arrived)
        self.subscribe(sessions.topic(self.session), self.session_messages)
        self.opened = broker.post(sessions.topic(self.session), kind="opened")
        self.give_way()
        # Only a client that reconnects needs the changes before the stream was opened.
        after = broker.newest() if self.after is None else self.after
        self.known = {number for number in broker.recent(notifications.TOPIC) if number <= after}
        if self.after is None and self.is_resumable:
            self.queue.put(event(event_id=f"{CHANGE}.{after}", retry_ms=RECONNECT_MS))
        self.begin_with(() if self.after is None else broker.kept(notifications.TOPIC, self.after))

    def send(self, number: int, body: Message) -> None:
        if "uri" in body["params"]:
            uri = self.uris.get(normal_form(body["params"]["uri"]))
            if uri is None or not self.may_still_read(uri):
                return
            # In the form in which the client named it.
            body = {**body, "params": {**body["params"], "uri": uri}}
        elif not self.is_alive():
            return
        event_id = f"{CHANGE}.{number}" if self.is_resumable else ""
        self.queue.put_notice(self.key_of(body), event({"jsonrpc": "2.0", **body}, event_id=event_id))

    def key_of(self, body: Message) -> Hashable:
        return notifications.key_of(body)

    def session_messages(self, number: int, mail: dict[str, Any]) -> None:
        match mail["kind"]:
            case "subscribed" if mail["watched"]:
                self.uris[normal_form(mail["uri"])] = mail["uri"]
            case "subscribed":
                self.uris.pop(normal_form(mail["uri"]), None)
            case "ended":
                self.end()
            case "opened":
                self.reopened = max(self.reopened, number)
                self.give_way()

    def give_way(self) -> None:
        """End if a later stream was opened. The message that announced an earlier one may arrive late."""
        if self.opened and self.reopened > self.opened:
            self.end()


class ResumedStream(NotificationStream):
    """The rest of a call's stream, after the message with the number `after`."""

    def __init__(
        self, request: HttpRequest, principal: Principal, session: Session, stream_id: str, after: int
    ) -> None:
        super().__init__(request, principal)
        self.session, self.stream_id, self.sent = session, stream_id, after
        self._principal, self._read_at = principal, time.monotonic()

    def begin(self) -> None:
        topic = sessions.stream_topic(self.session, self.stream_id)
        self.subscribe(topic, self.arrived)
        self.subscribe(sessions.topic(self.session), self.session_messages)
        # If the call still runs, its process hands the stream over.
        broker.post_once(sessions.topic(self.session), kind="resume", stream=self.stream_id)
        self._unknown = deadlines.begin(UNKNOWN_SECONDS, self.end)
        self.begin_with(broker.kept(topic))

    def send(self, number: int, body: dict[str, Any]) -> None:
        self._unknown.met()
        if body["number"] > self.sent:
            self.sent = body["number"]
            self.put(body)
        if body["last"]:
            self.end()

    def put(self, body: dict[str, Any]) -> None:
        """Put the message on the stream if the person may still use what was called.

        If not, put an error in place of the result, and nothing in place of another message.
        """
        try:
            refused = self.refused(body)
        except InvalidToken:
            # mcp_api/streams/open_streams.py is about to end the stream.
            return
        if refused is None:
            self.queue.put(event(body["message"], event_id=f"{self.stream_id}.{self.sent}"))
        elif body["last"]:
            self.record(body["last"]["subject"], refused)
            message = failure_message(Request(body["last"]["id"], "", {}, ""), refused)
            self.queue.put(event(message, event_id=f"{self.stream_id}.{self.sent}"))

    def refused(self, body: dict[str, Any]) -> McpError | InsufficientScope | None:
        """Return the error if the person may no longer use what was called. Raises InvalidToken."""
        about = body.get("about")
        if about is None:
            # A process of an earlier version posted it.
            return None
        principal, primitive = self.fresh_principal(bool(body["last"])), targets.by_key(about["kind"], about["key"])
        if not access.is_open_to(principal, primitive):
            return McpError(about["code"], about["message"])
        needed = access.missing_scopes(principal, primitive)
        return InsufficientScope(needed) if needed else None

    def fresh_principal(self, now: bool) -> Principal:
        """Return the principal as it is now, or if not `now`, as it was a moment ago: a call may send many messages."""
        if now or time.monotonic() - self._read_at > FRESH_SECONDS:
            self._principal, self._read_at = self.principal_now(), time.monotonic()
        return self._principal

    def record(self, subject: str, refused: McpError | InsufficientScope) -> None:
        audit.record_refusal(self.request, refused.reason, str(refused), self._principal, action=subject)

    def session_messages(self, number: int, mail: dict[str, Any]) -> None:
        if mail["kind"] == "ended":
            self.end()


def open_stream(request: HttpRequest, principal: Principal, session: Session) -> HttpResponseBase:
    """Return the stream that a GET requests: by Last-Event-ID, the rest of a stream.

    Raises TooManyStreams, ValueError for an invalid Last-Event-ID, and RateLimitExceeded.
    """
    last_event_id = request.headers.get("Last-Event-ID", "")
    if not last_event_id:
        session_messages.hit(principal)
        return ChangeStream(request, principal, session, None).respond()
    stream_id, _, number = last_event_id.rpartition(".")
    if len(last_event_id) > LONGEST_EVENT_ID or not stream_id or not number.isdecimal() or len(number) > 18:
        raise ValueError("Last-Event-ID is not one that this server gave.")
    session_messages.hit(principal)
    if stream_id == CHANGE:
        return ChangeStream(request, principal, session, int(number)).respond()
    return ResumedStream(request, principal, session, stream_id, int(number)).respond()
