"""Notifications of changes, by apps: they reach every listener in every process within a second.

Within a transaction, a notification is sent when that commits.
"""

from collections.abc import Hashable
from typing import Any

TOPIC = "changes"
RESOURCE_UPDATED = "notifications/resources/updated"
LIST_CHANGED = (TOOLS, PROMPTS, RESOURCES) = (
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
)


def key_of(body: dict[str, Any]) -> Hashable:
    """Return the content of a notification. A client needs only one of those with the same content that wait for it."""
    return body["method"], body["params"].get("uri"), body.get("endpoint")


def is_for(body: dict[str, Any], endpoint: str) -> bool:
    """Return whether the listeners at `endpoint` get the notification: most are for all of them."""
    return body.get("endpoint", endpoint) == endpoint


def without_endpoint(body: dict[str, Any]) -> dict[str, Any]:
    """Return the notification as clients get it."""
    return {name: value for name, value in body.items() if name != "endpoint"}


def tools_changed() -> None:
    """Notify clients that the list of tools has changed, for some or all people."""
    _post(TOOLS)


def prompts_changed() -> None:
    """Notify clients that the list of prompts has changed, for some or all people."""
    _post(PROMPTS)


def resources_changed() -> None:
    """Notify clients that the list of resources has changed, for some or all people."""
    _post(RESOURCES)


def endpoint_changed(endpoint: str) -> None:
    """Notify the clients at `endpoint` that its lists have changed."""
    # `mcp_api` is imported before models can be.
    from mcp_api.pubsub import broker

    for method in LIST_CHANGED:
        broker.post(TOPIC, method=method, params={}, endpoint=endpoint)


def resource_updated(uri: str) -> None:
    """Notify clients that subscribed to `uri` that the resource has changed."""
    _post(RESOURCE_UPDATED, uri=uri)


def _post(method: str, **params: str) -> None:
    # `mcp_api` is imported before models can be.
    from mcp_api.pubsub import broker

    broker.post(TOPIC, method=method, params=params)
