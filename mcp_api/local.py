"""Calls of the command line and of the page /tools/, which come from no client."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION

from accounts import scopes as scope_catalogue
from accounts.models import Client
from accounts.resource_server.bearer import Principal
from accounts.user_model import User
from mcp_api.calls.call import Call
from mcp_api.calls.channel import ClientChannel, Message
from mcp_api.execution import request_state
from mcp_api.execution.dispatch import dispatch
from mcp_api.policy import rules as policy
from mcp_api.protocol.messages import Request

# They are not in the database, so that no token can be issued to them. The audit log names them as the client.
COMMAND_LINE = Client(client_id="manage.py mcp", name="Command line")
TOOLS_PAGE = Client(client_id="tools page", name="Tools page")


def principal_of(user: User, client: Client, scopes: Iterable[str] | None = None, endpoint: str = "") -> Principal:
    """Return the principal of `user` and `client`, with `scopes`, or all of the resource's scopes by default.

    `endpoint` is the name of a toolset, "" for /mcp.
    """
    granted = scope_catalogue.names(of_resource_only=True) if scopes is None else scopes
    return Principal(user, client, frozenset(granted), 0, 0, policy.current_revision(), endpoint=endpoint)


def send_request(
    principal: Principal,
    method: str,
    params: dict[str, Any] | None = None,
    *,
    capabilities: dict[str, Any] | None = None,
    on_message: Callable[[Message], None] | None = None,
) -> dict[str, Any]:
    """Run a request, write its event, and return the result that a client of the latest revision would get.

    `capabilities` are those of the caller (elicitation, …). With them, the result may be `input_required`: then send
    the request again with `requestState` and `inputResponses` among `params`. `on_message` is called with each message
    before the result. The language is the current one. Raises McpError and InsufficientScope.
    """
    declared = capabilities or {}
    meta = {PROTOCOL_VERSION_META_KEY: LATEST_MODERN_VERSION, CLIENT_CAPABILITIES_META_KEY: declared}
    # header_disagrees: there are no headers to compare with the body.
    request = Request(1, method, {**(params or {}), "_meta": meta}, LATEST_MODERN_VERSION, meta, header_disagrees=True)
    state = request_state.unseal(request, principal)
    channel = ClientChannel(capabilities=declared, log_level="debug", progress_token=1)
    channel.answers = request_state.answers_in(request, state)
    channel.send = on_message or _ignore
    channel.shows_author_errors |= principal.client is COMMAND_LINE
    channel.shows_exceptions = principal.client is COMMAND_LINE or settings.DEBUG
    return dispatch(Call(request, principal, None, channel, state=state, language=get_language() or ""))


def _ignore(message: Message) -> None:
    """Drop a message that the caller does not want."""
