"""Filters of dates on pages for people: `{{ at|long_date }}`, `{{ at|long_time }}` and `{{ at|short_time }}`.

Admin writes dates for sorting, in every English format (config/formats/en). People read them in words. In each other
language, they are as Django writes them there.
"""

from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.utils.translation import get_language

register = template.Library()


@register.filter(expects_localtime=True)
def long_date(at: datetime | None) -> str:
    return _formatted(at, english="j F Y", format_name="DATE_FORMAT")


@register.filter(expects_localtime=True)
def long_time(at: datetime | None) -> str:
    """Return the date and time of `at`."""
    return _formatted(at, english="j F Y, H:i", format_name="DATETIME_FORMAT")


@register.filter(expects_localtime=True)
def short_time(at: datetime | None) -> str:
    """Return the date and time of `at` for a narrow column, in English without the year."""
    return _formatted(at, english="j M, H:i", format_name="SHORT_DATETIME_FORMAT")


def _formatted(at: datetime | None, *, english: str, format_name: str) -> str:
    is_english = (get_language() or "en").partition("-")[0] == "en"
    return str(date(at, english if is_english else format_name))
