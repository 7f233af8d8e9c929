"""Calls that come from no client: from the command line, and from the page to try tools on."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.version import LATEST_MODERN_VERSION

from accounts import scopes as scope_catalogue
from accounts.models import Client, User
from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.calls.channel import ClientChannel, Message
from mcp_api.execution import request_state
from mcp_api.execution.dispatch import dispatch
from mcp_api.policy import rules as policy
from mcp_api.protocol.envelope import Request

# No row: nobody can register it, no token can be issued to it. The trail of events shows where a call came from.
COMMAND_LINE = Client(client_id="manage.py mcp", name="Command line")
TRIAL_PAGE = Client(client_id="tools page", name="Tools page")


def principal_of(user: User, client: Client, scopes: Iterable[str] | None = None) -> Principal:
    """`user` through `client`, with `scopes`: all that there are, unless told otherwise."""
    granted = scope_catalogue.names(of_resource_only=True) if scopes is None else scopes
    return Principal(
        user, client, frozenset(granted), token_id=0, authorization_id=0, policy_revision=policy.current_revision()
    )


def ask(
    principal: Principal,
    method: str,
    params: dict[str, Any] | None = None,
    *,
    capabilities: dict[str, Any] | None = None,
    hear: Any = None,
) -> dict[str, Any]:
    """The result that a client of the newest revision would get; it is recorded like any other call.

    `capabilities` says what the caller can answer (elicitation, …): then the result may be `input_required`, to be
    asked again with its `requestState` and `inputResponses` among `params`. `hear` is called with each message that
    leaves before the result. Raises McpError and InsufficientScope.
    """
    able = capabilities or {}
    meta = {PROTOCOL_VERSION_META_KEY: LATEST_MODERN_VERSION, CLIENT_CAPABILITIES_META_KEY: able}
    # As one whose headers are not held against its body: there are none.
    request = Request(1, method, {**(params or {}), "_meta": meta}, LATEST_MODERN_VERSION, meta, header_disagrees=True)
    state = request_state.unseal(request, principal)
    channel = ClientChannel(capabilities=able, log_level="debug", progress_token=1)
    channel.answers = request_state.answers_in(request, state)
    channel.say = hear or unheard
    channel.tells_author |= principal.client is COMMAND_LINE
    channel.shows_exceptions = settings.DEBUG and principal.client is TRIAL_PAGE
    return dispatch(Call(request, principal, None, channel, state=state))


def unheard(message: Message) -> None:
    """Nobody listens."""
