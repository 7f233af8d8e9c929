"""Icons that clients may show beside a name (2025-11-25 and later)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from mcp_types import Icon

from mcp_api.schemas.declaration_errors import DeclarationError

# Spec (basic, Icons): clients must reject any other scheme, such as javascript:.
SCHEMES = ("https", "http", "data")


def icon_objects(icons: Iterable[Icon] | None) -> list[dict[str, Any]]:
    """Return `icons` in their JSON form.

    Raises DeclarationError for what is no Icon, and for a URI that clients would reject.
    """
    given: Any = icons if icons is None or isinstance(icons, Iterable) else (icons,)
    return [_icon_object(icon) for icon in given or ()]


def _icon_object(icon: Any) -> dict[str, Any]:
    if not isinstance(icon, Icon):
        message = f"The icon {icon!r:.80} is no Icon."
        raise DeclarationError("mcp_api.E007", message, 'Write icons=[Icon(src="https://…")], from mcp_types.')
    described = icon.model_dump(mode="json", by_alias=True, exclude_none=True)
    if urlsplit(described["src"]).scheme not in SCHEMES:
        message = f"Clients reject the icon at {described['src']!r}."
        raise DeclarationError("mcp_api.E007", message, "Use an https: or a data: URI.")
    return described
