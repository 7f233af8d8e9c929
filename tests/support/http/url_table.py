"""Every path that the server answers, as its URL table has them: a new endpoint is among them by itself."""

import re
from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from config.http.middleware import readable

PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


def every_path(sample: str = "1") -> list[str]:
    """With `sample` wherever a path says what it is about."""
    routes = {readable(route) for route in _routes(get_resolver().url_patterns)}
    return sorted(PLACE.sub(sample, route).replace("\\", "") for route in routes)


def _routes(patterns: Iterable[URLPattern | URLResolver], under: str = "") -> Iterator[str]:
    for each in patterns:
        route = under + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, route)
        else:
            yield route
