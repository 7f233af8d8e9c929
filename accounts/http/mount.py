"""The path of PUBLIC_URL, below which the server stands: `/tools` for https://example.com/tools, "" at the root.

The proxy passes each path as the client sent it. config/mount.py makes it Django's script name and the path below it,
which is the `path_info` of a request.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import ada_url
from django.core.handlers.asgi import get_script_prefix

# No segment is empty or begins with a dot, and none is percent-encoded: every program reads such a path alike.
PATH = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+"
# In characters. It is a part of the names of cookies, which every request has.
LONGEST = 100
# The addresses of probes. Load balancers and orchestrators do not know the path, and ask each server directly.
PROBE = re.compile(r"/health(/(live|ready))?/?")
_PATH = re.compile(PATH)
_WELL_KNOWN = "/.well-known/"


def prefix_of(public_url: str) -> str:
    """Return the path of `public_url`; "" without one, and for one that accounts.E003 reports."""
    try:
        path = urlsplit(public_url).path
    except ValueError:
        return ""
    return path if is_usable(path) else ""


def is_usable(path: str) -> bool:
    """Return whether the server can stand at `path`, which is not empty."""
    return len(path) <= LONGEST and _PATH.fullmatch(path) is not None and path.split("/")[1] != "health"


def well_known(url: str, name: str) -> str:
    """Return the address of the well-known document `name` about `url`, which has no query.

    The name is inserted between the host and the path (RFC 8414 section 3.1, RFC 9728 section 3.1).
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{_WELL_KNOWN}{name}{slash}{path}"


def path_below(path: str, prefix: str) -> str | None:
    """Return the part of a requested `path` below `prefix`, and None for one that is not this server's.

    `/tools/mcp` becomes `/mcp`, and `/.well-known/oauth-protected-resource/tools/mcp`, as of `well_known`, becomes
    `/.well-known/oauth-protected-resource/mcp`. Probes are served outside the prefix too.
    """
    below = _rest(path, prefix)
    if below is not None or PROBE.fullmatch(path):
        return path if below is None else below
    if not path.startswith(_WELL_KNOWN):
        return None
    name, slash, about = path.removeprefix(_WELL_KNOWN).partition("/")
    below = _rest(slash + about, prefix)
    return None if below is None else f"{_WELL_KNOWN}{name}{below.rstrip('/')}"


def _rest(path: str, prefix: str) -> str | None:
    """Return the rest of `path` after `prefix`, from its slash on."""
    if path == prefix:
        return "/"
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else None


def path_info(scope: Mapping[str, Any]) -> str:
    """Return the path below the prefix of an ASGI `scope`, as Django's `request.path_info`."""
    path: str = scope.get("path", "")
    return path.removeprefix(get_script_prefix(dict(scope))) or "/"


def stays_below(url: str, prefix: str) -> bool:
    """Return whether a browser that is sent to `url`, an address of this host, stays below `prefix`.

    Another server may stand beside it. Browsers resolve `..`, and some proxies do so after they have decoded `%2F`.
    """
    if not prefix:
        return True
    try:
        path = ada_url.URL(url, base=f"https://localhost{prefix}/").pathname
    except ValueError:
        return False
    segments = unquote(path).replace("\\", "/").split("/")
    return (path == prefix or path.startswith(f"{prefix}/")) and ".." not in segments
