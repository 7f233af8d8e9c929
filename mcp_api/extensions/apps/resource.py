"""The resource `ui://…` of an app: its page, which has the rules of its tool."""

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mcp_api.extensions.apps.pages import page_of
from mcp_api.registry.apps import App
from mcp_api.registry.primitive import Primitive
from mcp_api.registry.resources import Resource
from mcp_api.registry.tools import Tool
from mcp_api.registry.uri_templates import template_of
from mcp_api.schemas.input_schema import arguments_of

logger = logging.getLogger(__name__)

MIME_TYPE = "text/html;profile=mcp-app"
# The contents at the URI with their version never change.
VERSIONED_TTL_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AppResource(Resource):
    """The page of a tool's app. People and clients who may not use the tool do not see it."""

    tool: Tool
    app: App

    @property
    def ruled_by(self) -> Primitive:
        return self.tool

    @property
    def address(self) -> str:
        """The URI with the version of the page in the current language, as clients keep a page by its URI."""
        try:
            return f"{self.uri}?v={page_of(self.tool).version}"
        except Exception:
            # The check of apps reports it at start-up; lists of tools do not fail for a file that went since.
            logger.exception("the app of %s cannot be rendered", self.tool.name)
            return self.uri

    def listed(self) -> dict[str, Any]:
        meta = {"_meta": self.contents_meta} if self.contents_meta else {}
        return {"title": str(self.title), "description": str(self.description), **meta}

    @property
    def contents_meta(self) -> dict[str, Any]:
        ui = self.app.resource_meta()
        return {"ui": ui} if ui else {}

    def ttl_ms(self, uri: str) -> int:
        return VERSIONED_TTL_MS if uri == self.address else 0


def uri_of(tool: Tool, app: App) -> str:
    """Return the URI of a page, without its version."""
    return f"ui://{quote(tool.name, safe='')}/{quote(app.template)}"


def resource_of(tool: Tool, app: App) -> AppResource:
    """Return the resource of the page that shows the results of `tool`."""

    def read() -> str:
        return page_of(tool).html

    read.__name__ = read.__qualname__ = tool.name
    read.__module__ = tool.function.__module__
    uri = uri_of(tool, app)
    return AppResource(
        name=tool.name,
        title=tool.title,
        description=f"The page that shows the result of {tool.name}.",
        function=read,
        arguments=arguments_of(read),
        scopes=tool.scopes,
        permissions=tool.permissions,
        timeout=tool.timeout,
        uri=uri,
        mime_type=MIME_TYPE,
        template=template_of(uri),
        normal_template=template_of(uri),
        tool=tool,
        app=app,
    )
