"""Who may use what: the scopes that a tool, resource or prompt asks for."""

from mcp_api.call import Call
from mcp_api.errors import InsufficientScope


def require_scopes(call: Call, needed: tuple[str, ...]) -> None:
    """Raise InsufficientScope, with all that is needed, unless the token has it."""
    if not call.principal.scopes.issuperset(needed):
        raise InsufficientScope(needed)
