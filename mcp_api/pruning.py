"""Rows of the MCP server that are no longer needed (accounts/pruning.py deletes them)."""

from typing import Any

from django.db.models import QuerySet

from accounts.pruning import CLIENTS_IN_USE, RETENTION_RULES, RetentionRule
from mcp_api.execution import request_state
from mcp_api.extensions.tasks import store
from mcp_api.models import Policy
from mcp_api.pubsub import broker
from mcp_api.streams import sessions


def blocked_clients() -> QuerySet[Any, Any]:
    """The ids of clients that a policy blocks: a deleted client could register again without the block."""
    return Policy.clients.through.objects.values("client_id")


CLIENTS_IN_USE.append(blocked_clients)
RETENTION_RULES.extend(
    [
        RetentionRule("MCP sessions", sessions.over),
        RetentionRule("mail between processes", broker.expired),
        RetentionRule("spent request states", request_state.expired),
        RetentionRule("MCP tasks", store.expired),
    ]
)
