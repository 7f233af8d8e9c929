"""Resources with their completions, and tools that link to them or announce changes."""

import time

from mcp_api import (
    Context,
    Icon,
    ResourceLink,
    prompts_changed,
    resource,
    resource_updated,
    resources_changed,
    tool,
    tools_changed,
)
from tests.streams.mcp_tools.completions import places, topics
from tests.streams.mcp_tools.forms import Confirmation


@tool(read_only=True, title="Point to news", icons=[Icon(src="https://example.com/news.png", mime_type="image/png")])
def point(topic: str) -> ResourceLink:
    """Link to the news about a topic."""
    return ResourceLink(type="resource_link", uri=f"news://{topic}", name=topic)


@tool(scopes=["read"])
def announce(what: str, uri: str = "") -> str:
    """Announce a change."""
    if what == "resource":
        resource_updated(uri)
    else:
        {"tools": tools_changed, "prompts": prompts_changed, "resources": resources_changed}[what]()
    return "announced"


@tool(scopes=["read"])
def announce_and_go_on(seconds: float) -> str:
    """Announce a change of the prompts, long before the call is committed."""
    prompts_changed()
    time.sleep(seconds)
    return "announced"


@resource("news://{topic}/at{/place}{?day,hour}", complete={"place": places})
def local_news(topic: str, place: str = "home", day: str = "today", hour: int = 12) -> str:
    """The news of a place."""
    return f"{topic} at {place}, {day} at {hour}"


@resource("news://{topic}", complete={"topic": topics})
def news(topic: str) -> str:
    """The news."""
    return f"Nothing new about {topic}."


@resource("news://secret", scopes=["write"])
def secret_news() -> str:
    """The news for those who may write."""
    return "Nothing new."


@resource("news://personal")
def personal_news(context: Context) -> str:
    """The news about the person, after their confirmation."""
    answer = context.elicit("Show it?", Confirmation)
    return "All about you." if answer.accepted and answer.data.sure else "Nothing."
