"""Numbers with their units."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.admin_base import paging
from accounts.numbers import count, duration, size
from accounts.templatetags import numbers
from tests.support.events import add


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(None, "–"), (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (1249, "1.2 s"), (1234567, "1,234.6 s")],
)
def test_duration_is_in_milliseconds_or_in_seconds(ms: int | None, shown: str) -> None:
    assert duration(ms) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (3 * 1024**2, "3 MB"),
        (2048 * 1024**3, "2,048 GB"),
    ],
)
def test_size_has_the_largest_unit_that_fits(number: int, shown: str) -> None:
    assert size(number) == shown


def test_thousands_are_separated() -> None:
    assert [count(number) for number in (999, 10_000, 1_234_567)] == ["999", "10,000", "1,234,567"]


@pytest.mark.django_db
def test_list_of_more_rows_than_are_counted_says_so(admin_client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (paging, numbers):
        monkeypatch.setattr(module, "MOST_COUNTED", 2)
    add(), add(duration_ms=1234567), add()
    page = admin_client.get(reverse("admin:oauth_mcp_event_changelist"), {"kind__exact": "mcp"}).text
    assert "more than 2 results" in page
    assert "more than 2 events" in page
    assert "1,234.6 s" in page
    none = admin_client.get(reverse("admin:oauth_mcp_event_changelist"), {"kind__exact": "admin"}).text
    assert "0 results" in none
