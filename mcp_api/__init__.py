"""The MCP server. An app's `mcp_tools.py` needs no more than what is named here.

    @tool(scopes="write", permission="library.change_book")
    def lend_book(context: Context, title: Annotated[str, Field(description="As on its cover")], days: int = 14) -> str:
        '''Lend a book to the person who is signed in.'''

The signature is the schema that clients see, and arguments and result are held against it; the docstring is what a
model reads. Whoever calls must have granted each of the scopes (read, unless told otherwise) and have the permission.
Each decorator's own docstring says what else it takes.

@tool        a function that clients may call
@resource    something that they may read
@prompt      messages to start a conversation with
scope        a permission of your own for people to grant: scope("library:lend", "Lend books in your name")
Context      as a parameter: who calls and through which client; progress, log messages, questions to either
questions    what to ask at once with context.ask: confirmation, form, visit, sampling, roots
ToolError    raised by any of them: its text is told to the model, or the client
NotFound     a ToolError where there is no such thing: for a resource, nothing at that URI
expose       a REST framework viewset's actions as tools
search       a queryset as a tool that only reads
image, audio, embedded, ResourceLink    content other than text
Icon         a picture that clients show beside a name
PromptMessage    a message of a prompt that the assistant says
tools_changed, prompts_changed, resources_changed, resource_updated    told to whoever listens
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_types import Icon, PromptMessage, ResourceLink

    from mcp_api.calls.context import Context
    from mcp_api.errors import NotFound, ToolError
    from mcp_api.input_requests import questions
    from mcp_api.integrations.querysets import search
    from mcp_api.integrations.rest import expose
    from mcp_api.pubsub.notifications import prompts_changed, resource_updated, resources_changed, tools_changed
    from mcp_api.registry.prompts import prompt
    from mcp_api.registry.resources import resource
    from mcp_api.registry.scopes import scope
    from mcp_api.registry.tools import tool
    from mcp_api.schemas.content import audio, embedded, image

__all__ = [
    "Context",
    "Icon",
    "NotFound",
    "PromptMessage",
    "ResourceLink",
    "ToolError",
    "audio",
    "embedded",
    "expose",
    "image",
    "prompt",
    "prompts_changed",
    "questions",
    "resource",
    "resource_updated",
    "resources_changed",
    "scope",
    "search",
    "tool",
    "tools_changed",
]


# The modules that define the names above, each of which is imported when a name of it is first used: some of them need
# Django's apps and models, which an app that imports this package may not have loaded yet.
_MODULES = {
    "mcp_api.calls.context": ["Context"],
    "mcp_api.errors": ["NotFound", "ToolError"],
    "mcp_api.integrations.querysets": ["search"],
    "mcp_api.integrations.rest": ["expose"],
    "mcp_api.pubsub.notifications": ["prompts_changed", "resource_updated", "resources_changed", "tools_changed"],
    "mcp_api.registry.prompts": ["prompt"],
    "mcp_api.registry.resources": ["resource"],
    "mcp_api.registry.scopes": ["scope"],
    "mcp_api.registry.tools": ["tool"],
    "mcp_api.schemas.content": ["audio", "embedded", "image"],
    "mcp_types": ["Icon", "PromptMessage", "ResourceLink"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is named `name` (PEP 562)."""
    if name == "questions":
        value: Any = import_module("mcp_api.input_requests.questions")
    elif name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
