"""Pages of apps: their templates, rendered once for each language, and their versions."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.template.loader import get_template
from django.utils.translation import get_language

from mcp_api.extensions.apps.inlining import inlined
from mcp_api.registry.tools import Tool

# Digits of a version.
VERSION_LENGTH = 12
# Pages that a process keeps: of all tools with an app, in each language.
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Page:
    """The document of an app, and its version: a digest of the document."""

    html: str
    version: str


def page_of(tool: Tool) -> Page:
    """Return the page of `tool` in the current language. With DEBUG, its files may have changed since the last call.

    Raises what its template raises, and MissingStaticFile.
    """
    assert tool.app is not None
    make = _page.__wrapped__ if settings.DEBUG else _page
    return make(tool.app.template, tool.name, str(tool.title), str(tool.description), get_language())


@lru_cache(maxsize=MOST_KEPT)
def _page(template: str, name: str, title: str, description: str, language: str | None) -> Page:
    context = {"tool": {"name": name, "title": title, "description": description}, "language": language}
    html = inlined(get_template(template).render(context))
    return Page(html, hashlib.sha256(html.encode()).hexdigest()[:VERSION_LENGTH])


# For tests: settings and templates do not change in a server.
forget_pages = _page.cache_clear
