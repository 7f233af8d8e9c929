"""The extension itself: what it adds to this server."""

from typing import Any

from mcp_api.extensions.extension import Extension, Handler, Method
from mcp_api.extensions.skills import methods, registry


def method(handler: Handler, params: Any, result: Any) -> Method:
    """Return a method of any era: only the server declares the extension (SEP-2640, Capability Negotiation)."""
    return Method(handler=handler, params=params, result=result, needs_declaration=False, in_legacy=True)


class Skills(Extension):
    """Skills: folders of instructions that models load when a task needs them (SEP-2640)."""

    identifier = "io.modelcontextprotocol/skills"
    methods = {
        "skills/list": method(methods.list_skills, methods.ListParams, methods.ListResult),
        "skills/get": method(methods.get_skill, methods.GetParams, methods.GetResult),
        "resources/directory/read": method(methods.read_directory, methods.DirectoryParams, methods.DirectoryResult),
    }

    def ready(self) -> None:
        registry.load()

    def settings(self) -> dict[str, Any] | None:
        return {"directoryRead": True} if registry.skills else None
