"""Dates on pages for people: written out in English, and in each other language as Django writes them there."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from accounts.templatetags.dates import long_date, long_time, short_time

AT = datetime(2026, 11, 8, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "en-gb"])
def test_english_dates_are_written_out(language: str) -> None:
    with translation.override(language):
        assert [long_date(AT), long_time(AT), short_time(AT)] == [
            "8 November 2026",
            "8 November 2026, 14:05",
            "8 Nov, 14:05",
        ]


@pytest.mark.parametrize(
    ("language", "date", "time"),
    [("de", "8. November 2026", "8. November 2026 14:05"), ("ja", "2026年11月8日", "2026年11月8日14:05")],
)
def test_other_languages_have_their_own_order(language: str, date: str, time: str) -> None:
    with translation.override(language):
        assert [long_date(AT), long_time(AT)] == [date, time]


def test_missing_date_is_empty() -> None:
    assert long_date(None) == ""
