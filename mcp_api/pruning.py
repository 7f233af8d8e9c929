"""Rows of the MCP server that are no longer needed (accounts/pruning.py deletes them)."""

from typing import Any

from django.db.models import QuerySet

from accounts.pruning import KEPT_CLIENTS, PRUNABLES, Prunable
from mcp_api.execution import request_state
from mcp_api.models import Policy
from mcp_api.pubsub import broker
from mcp_api.streams import sessions


def blocked_clients() -> QuerySet[Any, Any]:
    """The ids of clients that a policy blocks: a deleted client could register again without the block."""
    return Policy.clients.through.objects.values("client_id")


KEPT_CLIENTS.append(blocked_clients)
PRUNABLES.extend(
    [
        Prunable("MCP sessions", sessions.over),
        Prunable("messages between processes", broker.expired),
        Prunable("spent request states", request_state.expired),
    ]
)
