"""Prefixes of the names of an app's tools and prompts (TOOL_PREFIXES), such as `library_` for `find`."""

from collections.abc import Callable
from typing import Any

from mcp_api.conf import conf
from mcp_api.schemas.declaration_errors import line_of

# The remedy for a name that is taken.
OTHER_NAME = "Give one of them another name=, or their app a prefix: TOOL_PREFIXES=library=library_."


def prefixed(name: str, function: Callable[..., Any]) -> str:
    """Return `name` with the prefix of the app in which `function` is declared."""
    module = line_of(function).partition(":")[0]
    apps = [app for app in conf.TOOL_PREFIXES if f"{module}.".startswith(f"{app}.")]
    # An app may lie in another one's package.
    return conf.TOOL_PREFIXES[max(apps, key=len)] + name if apps else name
