"""Pictures that clients may show beside a name (2025-11-25 and later)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from mcp_types import Icon

# Spec (basic, Icons): clients must reject any other, such as javascript:.
SCHEMES = ("https", "http", "data")


def described_icons(icons: Iterable[Icon] | None) -> list[dict[str, Any]]:
    """`icons` as the wire has them. Raises ImproperlyConfigured for an address that clients would reject."""
    described = [icon.model_dump(mode="json", by_alias=True, exclude_none=True) for icon in icons or ()]
    for icon in described:
        if urlsplit(icon["src"]).scheme not in SCHEMES:
            raise ImproperlyConfigured(f"An icon is at an https: or a data: address, not at {icon['src']!r}.")
    return described
