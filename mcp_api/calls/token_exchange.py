"""Tokens for other servers, in exchange for the token of a call (RFC 8693)."""

import asyncio
from functools import partial

from accounts.grants.exchange import own
from accounts.resource_server.bearer import Principal
from mcp_api.db import committed
from mcp_api.errors import AuthorError, ExchangeRefused

NAME = "exchange_token()"
AWAIT = "exchange_token() waits for the database: in an async function, write `await context.aexchange_token(…)`."


def exchange(principal: Principal, address: str | None, resource: str, scope: str) -> str:
    """Return an access token for `resource`. Raises ExchangeRefused and AuthorError."""
    if _is_in_event_loop():
        raise AuthorError(AWAIT)
    received = own.ReceivedToken(
        token_id=principal.token_id,
        authorization_id=principal.authorization_id,
        user=principal.user,
        scopes=principal.scopes,
        address=address,
    )
    try:
        return committed.run_committed(partial(own.exchange, received, resource, scope.split()), NAME)
    except own.NotExchanged as error:
        raise ExchangeRefused(str(error)) from error


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
