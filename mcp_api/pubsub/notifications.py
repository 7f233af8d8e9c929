"""Notifications of changes, by apps: they reach every listener in every process within a second.

Within a transaction, a notification is sent when that commits.
"""

from collections.abc import Hashable
from typing import Any

TOPIC = "changes"
RESOURCE_UPDATED = "notifications/resources/updated"


def key_of(body: dict[str, Any]) -> Hashable:
    """Return the content of a notification. A client needs only one of those with the same content that wait for it."""
    return body["method"], body["params"].get("uri")


def tools_changed() -> None:
    """Notify clients that the list of tools has changed, for some or all people."""
    _post("notifications/tools/list_changed")


def prompts_changed() -> None:
    """Notify clients that the list of prompts has changed, for some or all people."""
    _post("notifications/prompts/list_changed")


def resources_changed() -> None:
    """Notify clients that the list of resources has changed, for some or all people."""
    _post("notifications/resources/list_changed")


def resource_updated(uri: str) -> None:
    """Notify clients that subscribed to `uri` that the resource has changed."""
    _post(RESOURCE_UPDATED, uri=uri)


def _post(method: str, **params: str) -> None:
    # `mcp_api` is imported before models can be.
    from mcp_api.pubsub import broker

    broker.post(TOPIC, method=method, params=params)
