"""A walk through admin: every page that links lead to, as a browser would follow them."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.test import Client as Browser
from django.urls import reverse

LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
# One list under each of its filters is enough.
MOST_PER_PATH = 3
MOST_PAGES = 400


def crawl(browser: Browser, start: str = "") -> dict[str, int]:
    """Return the statuses of the pages below /admin/ that links lead to, beginning at its index."""
    index = reverse("admin:index")
    statuses: dict[str, int] = {}
    visits: dict[str, int] = {}
    waiting = [start or index]
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        if address in statuses or visits.get(path, 0) >= MOST_PER_PATH or not path.startswith(index):
            continue
        assert len(statuses) < MOST_PAGES
        visits[path] = visits.get(path, 0) + 1
        response = browser.get(address)
        statuses[address] = response.status_code
        if "text/html" in response.get("Content-Type", "") and response.status_code == 200:
            waiting += links_of(response.content.decode(), address)
    return statuses


def links_of(page: str, address: str) -> Iterator[str]:
    for href in LINK.findall(page):
        yield urljoin(address, unescape(href)).partition("#")[0]
