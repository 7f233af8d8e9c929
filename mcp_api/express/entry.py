"""Who may take the short way: what is decided here is decided before anything is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.utils.functional import SimpleLazyObject

from accounts import event_loop, limits
from accounts.address import RESOURCE_PATH, address_of
from accounts.bearer import InvalidToken, Principal, admit, bearer_token
from accounts.endpoints import UNAVAILABLE
from mcp_api import envelope
from mcp_api.express.headers import Headers
from mcp_api.express.threads import in_thread
from mcp_api.methods.subscriptions import LISTEN
from mcp_api.offers import access, policy

# A stream that stays open, and what begins a legacy session.
OTHERS = (LISTEN, "initialize")


class LeftToDjango(Exception):
    """This is for the ordinary way. Nothing was done yet."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A modern request by somebody whose token is good, and how they stand in their limits."""

    # Made once somebody looks at it: most calls need no more than the message.
    request: ASGIRequest
    message: envelope.Request
    principal: Principal
    address: str | None
    standings: Sequence[limits.Standing]


async def enter(scope: dict[str, Any], headers: Headers, body: bytes) -> Entry:
    """What was posted. Raises LeftToDjango."""
    message = modern_request(headers, body)
    principal = await principal_of(headers)
    if not policy.is_up_to_date(principal.policy_revision):
        # The rules have to be read first.
        raise LeftToDjango
    request = cast(ASGIRequest, SimpleLazyObject(lambda: ASGIRequest(scope, BytesIO())))
    address = address_of((scope.get("client") or ("",))[0], headers.get("x-forwarded-for"))
    return Entry(request, message, principal, address, await spend(principal, address))


def modern_request(headers: Headers, body: bytes) -> envelope.Request:
    message = envelope.parse(body, headers)
    if not isinstance(message, envelope.Request) or not message.is_modern or message.header_disagrees:
        raise LeftToDjango
    if message.method in OTHERS:
        raise LeftToDjango
    return message


async def principal_of(headers: Headers) -> Principal:
    try:
        token = await event_loop.find_token(bearer_token(headers.get("authorization", "")))
        return admit(token, settings.PUBLIC_URL + RESOURCE_PATH)
    except (InvalidToken, *UNAVAILABLE) as error:
        raise LeftToDjango from error


async def spend(principal: Principal, address: str | None) -> Sequence[limits.Standing]:
    """Count the request where that is limited."""
    quotas = access.quotas_of(principal, address)
    if not quotas:
        return []
    try:
        return await in_thread(lambda: limits.spend(*quotas))
    except (limits.Spent, *UNAVAILABLE) as error:
        raise LeftToDjango from error
