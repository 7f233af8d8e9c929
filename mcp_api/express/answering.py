"""The ways in which a request is answered, by what it asks for."""

from django.http.response import HttpResponseBase

from accounts import limits
from accounts.endpoints import UNAVAILABLE, unavailable_response
from mcp_api.calls.call import Call
from mcp_api.errors import Cancelled, McpError
from mcp_api.express import quick
from mcp_api.express.asgi import Listener
from mcp_api.express.entry import Entry
from mcp_api.express.threads import in_thread
from mcp_api.protocol.dispatch import dispatch, needs_thread
from mcp_api.protocol.inbound import Inbound
from mcp_api.replies import result_reply


async def answer(entry: Entry, listener: Listener) -> HttpResponseBase:
    inbound = Inbound(entry.request, entry.principal, entry.address)
    response: HttpResponseBase
    try:
        response = await _answer(inbound, entry, listener)
    except UNAVAILABLE:
        response = unavailable_response()
    except (Exception, Cancelled) as error:
        response = inbound.refuse(entry.message, error)
    limits.tell(response, limits.headers(entry.standings))
    return response


async def _answer(inbound: Inbound, entry: Entry, listener: Listener) -> HttpResponseBase:
    call = await _call_of(inbound, entry)
    if quick.is_quick(call):
        return result_reply(entry.message, await quick.result_of(call))
    if needs_thread(call):
        listener.begin()
        exchange = inbound.begin_exchange(call)
        return inbound.end_exchange(exchange, await exchange.first_async())
    return result_reply(entry.message, await in_thread(lambda: dispatch(call)))


async def _call_of(inbound: Inbound, entry: Entry) -> Call:
    """The call. Raises McpError, recorded already, where its `_meta`, state or answers are not good."""
    try:
        return inbound.call_of(entry.message)
    except McpError as error:
        refused = error
    await in_thread(lambda: inbound.record_error(entry.message, refused))
    raise refused
