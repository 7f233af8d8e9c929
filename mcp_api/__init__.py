"""The MCP server. Apps import all that their `mcp_tools.py` needs from here.

    @tool(scopes="write", permission="library.change_book")
    def lend_book(context: Context, title: Annotated[str, Field(description="As on its cover")], days: int = 14) -> str:
        '''Lend a book to the person who is signed in.'''

The signature becomes the schema that clients see, and arguments and results are validated against it. Models read the
docstring. The caller must have granted all scopes ("read" by default) and must have the permission. The docstring of
each decorator lists its options.

@tool        declares a function that clients may call
@resource    declares content that clients may read
@prompt      declares messages for the beginning of a chat
App          the page that shows a tool's result in the client: @tool(app=App(template="library/shelf.html", …))
scope        declares a scope of your own, which people grant: scope("library:lend", "Lend books on your behalf")
Context      type of the parameter for the caller, its client, progress, log messages and questions
questions    questions for context.ask: confirmation, form, visit, sampling, roots
ToolError    raised by a tool, resource or prompt: the model or the client gets its text
ExchangeRefused    a ToolError of context.exchange_token
NotFound     a ToolError for something that does not exist, such as a resource at a URI
expose       declares the actions of a REST framework viewset as tools
search       declares a read-only tool that searches a queryset
image, audio, embedded, ResourceLink    content other than text
Icon         a picture that clients show beside a name
PromptMessage    a message of a prompt with the role of the assistant or the user
tools_changed, prompts_changed, resources_changed, resource_updated    notify clients
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp_types import Icon, PromptMessage, ResourceLink

    from mcp_api.calls.context import Context
    from mcp_api.errors import ExchangeRefused, NotFound, ToolError
    from mcp_api.input_requests import questions
    from mcp_api.integrations.querysets import search
    from mcp_api.integrations.rest import expose
    from mcp_api.pubsub.notifications import prompts_changed, resource_updated, resources_changed, tools_changed
    from mcp_api.registry.apps import App
    from mcp_api.registry.prompts import prompt
    from mcp_api.registry.resources import resource
    from mcp_api.registry.scopes import scope
    from mcp_api.registry.tools import tool
    from mcp_api.schemas.content import audio, embedded, image

__all__ = [
    "App",
    "Context",
    "ExchangeRefused",
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
    "mcp_api.errors": ["ExchangeRefused", "NotFound", "ToolError"],
    "mcp_api.integrations.querysets": ["search"],
    "mcp_api.integrations.rest": ["expose"],
    "mcp_api.pubsub.notifications": ["prompts_changed", "resource_updated", "resources_changed", "tools_changed"],
    "mcp_api.registry.apps": ["App"],
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
