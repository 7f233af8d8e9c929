"""`logging/setLevel` of the legacy era; a modern request carries its own level (spec: server/utilities/logging)."""

from typing import Any

from mcp_api.calls.call import Call
from mcp_api.models import Session


def set_level(call: Call) -> dict[str, Any]:
    """Set the least severe level of the session's log messages. Without a session, do nothing."""
    if call.session is not None:
        Session.objects.filter(pk=call.session.pk).update(log_level=call.request.params["level"])
    return {}
