"""`subscriptions/listen` (modern), and `resources/subscribe` and `…/unsubscribe` (legacy)."""

import time
from collections.abc import Hashable
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from mcp_types import SERVER_INFO_META_KEY
from mcp_types.jsonrpc import INVALID_PARAMS, INVALID_REQUEST
from mcp_types.methods import validate_client_request
from pydantic import ValidationError

from accounts import rate_limits
from accounts.models import Event
from mcp_api.calls import audit
from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.errors import McpError, TooMany
from mcp_api.extensions import registry as extensions
from mcp_api.methods import lifecycle
from mcp_api.models import Session
from mcp_api.policy.access import is_open_to, require_scopes
from mcp_api.protocol.replies import result_message
from mcp_api.pubsub import broker, notifications
from mcp_api.registry import resources, targets
from mcp_api.registry.uri_forms import normal_form
from mcp_api.schemas.validation_messages import invalid_params
from mcp_api.streams import session_messages, sessions
from mcp_api.streams.notification_stream import NotificationStream, may_read
from mcp_api.streams.sse import event

LISTEN = "subscriptions/listen"
SUBSCRIPTION_ID_META_KEY = "io.modelcontextprotocol/subscriptionId"
# The members of a filter, by the notification that each asks for.
FILTERS = {
    "notifications/tools/list_changed": "toolsListChanged",
    "notifications/prompts/list_changed": "promptsListChanged",
    "notifications/resources/list_changed": "resourcesListChanged",
}
MOST_SUBSCRIPTIONS = 100
# Sessions of one person, by all clients, that have subscriptions: few clients end their sessions.
MOST_WATCHING_SESSIONS = 50
LONGEST_URI = 2048


# --- The modern era ----------------------------------------------------------------------------


def listen(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Return a stream of the notifications that the client asks for. Raises McpError, and TooManyStreams."""
    started = time.monotonic()
    try:
        validate_client_request(call.request.method, call.request.version, call.request.params)
    except ValidationError as error:
        refused = invalid_params(error)
        audit.record(call, Event.Outcome.REFUSED, started, reason=refused.reason, detail=refused.detail)
        raise refused from error
    return Subscription(request, call, started).respond()


class Subscription(NotificationStream):
    """The stream of one subscription.

    Spec (basic/patterns/subscriptions): the acknowledgement comes first, then only the notifications that were asked
    for, each with the subscription's id.
    """

    def __init__(self, request: HttpRequest, call: Call, started: float) -> None:
        super().__init__(request, call.principal)
        self.call, self.started = call, started
        self.honoured: dict[str, Any] = {}
        # The URIs of resources whose changes are sent, by their normal forms.
        self.watched: dict[str, str] = {}

    def begin(self) -> None:
        self.honoured = honoured(self.call)
        self.watched = {normal_form(uri): uri for uri in self.honoured.get("resourceSubscriptions", ())}
        # Not the changes before the stream was opened.
        self.known = broker.recent(notifications.TOPIC)
        self.subscribe(notifications.TOPIC, self.arrived)
        for topic in extensions.topics(self.honoured):
            self.subscribe(topic, self.arrived)
        self.put("notifications/subscriptions/acknowledged", {"notifications": self.honoured})
        for method, params in extensions.first_notifications(self.call, self.honoured):
            self.put(method, params)
        self.begin_with(())
        audit.record(self.call, Event.Outcome.OK, self.started)

    def send(self, number: int, body: Message) -> None:
        params, kind = body["params"], FILTERS.get(body["method"], "")
        if body["method"] == notifications.RESOURCE_UPDATED:
            uri = self.watched.get(normal_form(params["uri"]))
            if uri is not None and self.may_still_read(uri):
                # In the form in which the client named it.
                self.put(body["method"], {**params, "uri": uri})
        elif kind:
            if self.honoured.get(kind) and self.is_alive():
                self.put(body["method"], params)
        elif self.is_alive() and (found := extensions.notification(self.call, self.honoured, body)) is not None:
            self.put(*found)

    def key_of(self, body: Message) -> Hashable:
        """Each message of an extension is sent: it may differ from an earlier one of the same method."""
        is_of_extension = body["method"] != notifications.RESOURCE_UPDATED and body["method"] not in FILTERS
        return None if is_of_extension else notifications.key_of(body)

    def put(self, method: str, params: dict[str, Any]) -> None:
        body = {"method": method, "params": {**params, "_meta": {SUBSCRIPTION_ID_META_KEY: self.call.request.id}}}
        self.queue.put_notice(self.key_of(body) or object(), event({"jsonrpc": "2.0", **body}))

    def end(self) -> None:
        """End the stream with the result of the request that opened it."""
        server = lifecycle.server_info(self.principal)
        meta = {SUBSCRIPTION_ID_META_KEY: self.call.request.id, SERVER_INFO_META_KEY: server}
        self.queue.put(event(result_message(self.call.request, {"resultType": "complete", "_meta": meta})))
        super().end()


def honoured(call: Call) -> dict[str, Any]:
    """Return the part of the filter that is served: all lists, and the resources that this principal may read."""
    asked = call.request.params["notifications"]
    kinds = {kind: True for kind in FILTERS.values() if asked.get(kind)} | extensions.honoured(call, asked)
    uris = asked.get("resourceSubscriptions")
    if not uris:
        return kinds
    return {
        **kinds,
        "resourceSubscriptions": [uri for uri in uris[:MOST_SUBSCRIPTIONS] if may_read(call.principal, uri)],
    }


# --- The legacy era ----------------------------------------------------------------------------


def subscribe(call: Call) -> dict[str, Any]:
    """Send the session's stream each change of a resource. Raises McpError, and InsufficientScope."""
    uri = call.request.params["uri"]
    found = resources.find(uri)
    if found is None or not is_open_to(call.principal, found[0]):
        raise targets.resource_not_found(call.request)
    require_scopes(call, found[0])
    change(call, uri, watched=True)
    return {}


def unsubscribe(call: Call) -> dict[str, Any]:
    """End a subscription, if there is one. Raises McpError without a session."""
    change(call, call.request.params["uri"], watched=False)
    return {}


def change(call: Call, uri: str, *, watched: bool) -> None:
    if call.session is None:
        raise McpError(INVALID_REQUEST, "A subscription belongs to a session: initialize one first.")
    if watched and len(uri) > LONGEST_URI:
        raise McpError(INVALID_PARAMS, f"A URI to watch is {LONGEST_URI} characters long at most.")
    count_change(call)
    with transaction.atomic():
        # SQLite needs no lock on the row: its transactions are immediate.
        session = Session.objects.select_for_update().get(pk=call.session.pk)
        others = [known for known in session.subscriptions if normal_form(known) != normal_form(uri)]
        if (len(others) < len(session.subscriptions)) == watched:
            return
        uris = [*others, uri] if watched else others
        if len(uris) > MOST_SUBSCRIPTIONS:
            raise McpError(INVALID_REQUEST, f"A session watches {MOST_SUBSCRIPTIONS} resources at most.")
        session.subscriptions = uris
        session.save(update_fields=["subscriptions"])
        if watched:
            forget_oldest(call)
        # Only the change: all subscriptions with each change would take quadratic time.
        broker.post(sessions.topic(session), kind="subscribed", uri=uri, watched=watched)


def forget_oldest(call: Call) -> None:
    """Remove the subscriptions of this person's sessions but for this one and the newest MOST_WATCHING_SESSIONS."""
    watching = Session.objects.filter(user=call.principal.user, ended_at=None).exclude(subscriptions=[])
    newest = watching.order_by("-last_used_at", "-pk").values_list("pk", flat=True)[:MOST_WATCHING_SESSIONS]
    watching.exclude(pk__in=[*newest, call.session.pk if call.session else None]).update(subscriptions=[])


def count_change(call: Call) -> None:
    """Count a change of this person's subscriptions. Raises TooMany."""
    try:
        session_messages.hit(call.principal)
    except rate_limits.RateLimitExceeded as exceeded:
        raise TooMany(exceeded) from exceeded
