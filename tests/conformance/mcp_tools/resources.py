"""Resources, and a resource template."""

from mcp_api import resource
from tests.conformance.mcp_tools.media import picture


@resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "A text that never changes."


@resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """A picture that never changes."""
    return picture()


@resource("test://template/{id}/data", mime_type="application/json")
def template(id: str) -> dict[str, str]:
    """The data of an id."""
    return {"id": id, "data": f"The data of {id}."}


@resource("test://watched-resource", mime_type="text/plain")
def watched_resource() -> str:
    """A text that clients subscribe to."""
    return "A text that can change."
