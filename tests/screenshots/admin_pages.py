"""Series of admin's pages."""

from tests.screenshots.camera import Series

SERIES: dict[str, Series] = {}
