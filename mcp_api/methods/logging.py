"""`logging/setLevel` of the legacy era; a modern request carries its own level (spec: server/utilities/logging)."""

from typing import Any

from mcp_api.calls.call import Call
from mcp_api.models import Session


def set_level(call: Call) -> dict[str, Any]:
    """From now on send this session nothing less severe. Without a session there is nobody to remember it for."""
    if call.session is not None:
        Session.objects.filter(pk=call.session.pk).update(log_level=call.request.params["level"])
    return {}
