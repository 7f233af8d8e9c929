"""Who may use what: the scopes of the token, and the permissions of the person."""

from accounts.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.errors import InsufficientScope
from mcp_api.offers.offered import Offered


def require_scopes(call: Call, needed: tuple[str, ...]) -> None:
    """Raise InsufficientScope, with all that is needed, unless the token has it."""
    if not call.principal.scopes.issuperset(needed):
        raise InsufficientScope(needed)


def is_open_to(principal: Principal, offered: Offered | None) -> bool:
    """Whether there is such a thing for this person. What is forbidden is as good as unknown: no consent opens it.

    Permissions are read from the database, as they are now, and only where one is asked for.
    """
    return offered is not None and principal.user.has_perms(offered.permissions)
