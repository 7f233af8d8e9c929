"""Apps of tools (SEP-1865): the page that a client shows beside a tool's result, and what it may do there."""

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from mcp_api.registry.primitive import NameOrNames, as_tuple
from mcp_api.schemas.declaration_errors import DeclarationError, short_repr

Visibility = Literal["model", "app"]
Permission = Literal["camera", "microphone", "geolocation", "clipboardWrite"]

# An origin of the Content-Security-Policy: a scheme, a host whose first label may be a wildcard, and a port.
ORIGIN = re.compile(r"(?:https?|wss?)://(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")
CHECK_ID = "mcp_api.E032"
# The lists of origins, by their names in the specification.
DOMAINS = {
    "connectDomains": "connect_domains",
    "resourceDomains": "resource_domains",
    "frameDomains": "frame_domains",
    "baseUriDomains": "base_uri_domains",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app of a tool. Without a `template`, the tool has no page, and is for the apps of other tools.

    `visibility` says who may call the tool: the "model", the "app", or both. The page reaches only the origins of
    `connect_domains` (requests), `resource_domains` (scripts, styles, images, fonts, media), `frame_domains` and
    `base_uri_domains`. `permissions` are what it asks the browser for, `border` is whether the client draws a border
    (None for its default), and `domain` is an origin for the page, in the form that the client documents.
    """

    template: str = ""
    visibility: NameOrNames = ("model", "app")
    connect_domains: NameOrNames = ()
    resource_domains: NameOrNames = ()
    frame_domains: NameOrNames = ()
    base_uri_domains: NameOrNames = ()
    permissions: NameOrNames = ()
    border: bool | None = None
    domain: str = ""

    def tool_meta(self, uri: str) -> dict[str, Any]:
        """Return `_meta.ui` of the tool whose page is at `uri`."""
        return {**({"resourceUri": uri} if self.template else {}), "visibility": list(as_tuple(self.visibility))}

    def csp(self) -> dict[str, list[str]]:
        """Return the origins that the page may reach (McpUiResourceCsp)."""
        lists = {name: list(as_tuple(getattr(self, member))) for name, member in DOMAINS.items()}
        return {name: origins for name, origins in lists.items() if origins}

    def resource_meta(self) -> dict[str, Any]:
        """Return `_meta.ui` of the page (McpUiResourceMeta)."""
        meta = {
            "csp": self.csp(),
            "permissions": {name: dict[str, Any]() for name in as_tuple(self.permissions)},
            "domain": self.domain,
        }
        border = {} if self.border is None else {"prefersBorder": self.border}
        return {**{name: value for name, value in meta.items() if value}, **border}


def app_of(app: App | str | None) -> App | None:
    """Return the value of `app=` as an App. Raises DeclarationError for one that clients would refuse."""
    if app is None or isinstance(app, App):
        declared = app
    elif isinstance(app, str):
        declared = App(template=app)
    else:
        raise wrong(f"app= is {short_repr(app)}.", "Pass the name of a template, or an App.")
    if declared is not None:
        require_valid(declared)
    return declared


def require_valid(app: App) -> None:
    require_known("visibility", app.visibility, get_args(Visibility))
    require_known("permissions", app.permissions, get_args(Permission))
    seen_by = as_tuple(app.visibility)
    if not seen_by:
        raise wrong("visibility of the app is empty.", "Name who may call the tool: model, app, or both.")
    if not isinstance(app.template, str) or (not app.template and "model" in seen_by):
        raise wrong("The app has no template.", 'Name one, or let only apps call the tool: visibility="app".')
    for member in DOMAINS.values():
        for origin in as_tuple(getattr(app, member)):
            if not isinstance(origin, str) or not ORIGIN.fullmatch(origin):
                raise wrong(
                    f"{member} has {short_repr(origin)}, which is no origin.",
                    "Write scheme and host, as in https://cdn.example.com or https://*.example.com.",
                )


def require_known(option: str, names: NameOrNames, known: tuple[str, ...]) -> None:
    for name in as_tuple(names):
        if name not in known:
            raise wrong(f"{option} of the app has {short_repr(name)}.", f"Use some of {', '.join(known)}.")


def wrong(message: str, hint: str) -> DeclarationError:
    return DeclarationError(CHECK_ID, message, hint)
