"""An OAuth 2.1 authorization server and an MCP server for a Django site.

`configure` adds to the site's settings what both need. All else that an app's `mcp_tools.py` needs is imported from
here too: `tool`, `resource`, `prompt`, `Context` and what `oauth_mcp.mcp_api` lists besides.
"""

from typing import TYPE_CHECKING, Any

import mcp_api

if TYPE_CHECKING:
    from mcp_api import *  # noqa: F403 - for editors and type checkers
    from mcp_api.site.configure import configure

__all__ = ["configure", *mcp_api.__all__]  # noqa: PLE0604 - names of that package


def __getattr__(name: str) -> Any:
    """Import what is named `name` when it is first used (PEP 562): some of it needs Django's apps to be loaded."""
    if name == "configure":
        from mcp_api.site.configure import configure

        value: Any = configure
    elif name in mcp_api.__all__:
        value = getattr(mcp_api, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
