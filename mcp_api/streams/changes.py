"""What an app tells when something has changed, so that whoever listens hears of it (within a second, anywhere).

Inside a transaction it is told once that commits.
"""

TOPIC = "changes"


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
    from mcp_api.streams import mailbox

    mailbox.post(TOPIC, method=method, params=params)
