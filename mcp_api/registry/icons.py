"""Pictures that clients may show beside a name (2025-11-25 and later)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from mcp_types import Icon

from mcp_api.schemas.declaration_errors import DeclarationError

# Spec (basic, Icons): clients must reject any other, such as javascript:.
SCHEMES = ("https", "http", "data")


def described_icons(icons: Iterable[Icon] | None) -> list[dict[str, Any]]:
    """`icons` as the wire has them. Raises DeclarationError for an address that clients would reject."""
    described = [icon.model_dump(mode="json", by_alias=True, exclude_none=True) for icon in icons or ()]
    for icon in described:
        if urlsplit(icon["src"]).scheme not in SCHEMES:
            message = f"Clients show no icon that is at {icon['src']!r}."
            raise DeclarationError("mcp_api.E007", message, "Put it at an https: or a data: address.")
    return described
