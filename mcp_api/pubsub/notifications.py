"""Change notifications from apps, which reach every listener within a second, in any process.

Inside a transaction it is told once that commits.
"""

from collections.abc import Hashable
from typing import Any

TOPIC = "changes"


def key_of(body: dict[str, Any]) -> Hashable:
    """Return what a notice says: of two that say the same, a client that was told of neither needs one."""
    return body["method"], body["params"].get("uri")


def tools_changed() -> None:
    """The list of tools is another one, for somebody."""
    _tell("notifications/tools/list_changed")


def prompts_changed() -> None:
    """The list of prompts is another one, for somebody."""
    _tell("notifications/prompts/list_changed")


def resources_changed() -> None:
    """The list of resources is another one, for somebody."""
    _tell("notifications/resources/list_changed")


def resource_updated(uri: str) -> None:
    """What is read at `uri` is different now."""
    _tell("notifications/resources/updated", uri=uri)


def _tell(method: str, **params: str) -> None:
    # `mcp_api` is imported before models can be.
    from mcp_api.pubsub import broker

    broker.post(TOPIC, method=method, params=params)
