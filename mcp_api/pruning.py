"""Rows of the MCP server that are no longer needed (accounts/pruning.py deletes them)."""

from typing import Any

from django.db.models import QuerySet

from accounts.pruning import KEPT_CLIENTS, PRUNABLES, Prunable
from mcp_api.execution import request_state
from mcp_api.models import Policy
from mcp_api.pubsub import broker
from mcp_api.streams import sessions


def kept_out() -> QuerySet[Any, Any]:
    """The numbers of clients that are kept out of something: they could come back without that."""
    return Policy.clients.through.objects.values("client_id")


KEPT_CLIENTS.append(kept_out)
PRUNABLES.extend(
    [
        Prunable("MCP sessions", sessions.over),
        Prunable("mail between processes", broker.expired),
        Prunable("spent request states", request_state.expired),
    ]
)
