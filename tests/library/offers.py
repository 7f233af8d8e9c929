"""The library's declarations, set aside while a test is about the product alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts import scopes
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry

LIBRARY = "tests.library"
TABLES: tuple[dict[str, Any], ...] = (registry.tools, resources.resources, prompts.prompts)

_tables: list[dict[str, Any]] = []
_scopes: dict[str, Any] = {}


def set_aside() -> None:
    """To be called once, after the apps were loaded."""
    for table in TABLES:
        own = {key: each for key, each in table.items() if each.function.__module__.startswith(LIBRARY)}
        _tables.append(own)
        for key in own:
            del table[key]
    _scopes["library:lend"] = scopes._catalogue.pop("library:lend")


@contextmanager
def given_back() -> Iterator[None]:
    """They are there for a while."""
    for table, own in zip(TABLES, _tables, strict=True):
        table.update(own)
    scopes._catalogue.update(_scopes)
    yield
    for table, own in zip(TABLES, _tables, strict=True):
        for key in own:
            table.pop(key, None)
    for name in _scopes:
        scopes._catalogue.pop(name, None)
