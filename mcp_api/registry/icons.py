"""Icons that clients may show beside a name (2025-11-25 and later)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from mcp_types import Icon

from mcp_api.schemas.declaration_errors import DeclarationError

# Spec (basic, Icons): clients must reject any other scheme, such as javascript:.
SCHEMES = ("https", "http", "data")


def icon_objects(icons: Iterable[Icon] | None) -> list[dict[str, Any]]:
    """Return `icons` in their JSON form. Raises DeclarationError for a URI that clients would reject."""
    objects = [icon.model_dump(mode="json", by_alias=True, exclude_none=True) for icon in icons or ()]
    for icon in objects:
        if urlsplit(icon["src"]).scheme not in SCHEMES:
            message = f"Clients reject the icon at {icon['src']!r}."
            raise DeclarationError("mcp_api.E007", message, "Use an https: or a data: URI.")
    return objects
