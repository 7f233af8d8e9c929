"""Numbers with their units, as all pages and messages write them: 10,000; 850 ms; 1.2 s; 3 MB."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

SECOND_MS = 1000
UNITS = ("KB", "MB", "GB")
STEP = 1024


def count(number: int) -> str:
    return number_format(number, force_grouping=True)


def duration(ms: int | None) -> str:
    """Return a duration of `ms` milliseconds; "–" for an unknown one."""
    if ms is None:
        return "–"
    if ms < SECOND_MS:
        # Translators: milliseconds, abbreviated: "850 ms".
        return _("%(number)s ms") % {"number": number_format(ms)}
    # Translators: seconds, abbreviated: "1.2 s".
    return _("%(number)s s") % {"number": number_format(round(ms / SECOND_MS, 1), 1, force_grouping=True)}


def size(number: int) -> str:
    """Return a size of `number` bytes, in English: clients are told it. A KB has 1,024 bytes."""
    if number < STEP:
        return f"{number:,} bytes"
    value = float(number)
    for unit in UNITS:
        value /= STEP
        if value < STEP or unit == UNITS[-1]:
            break
    return f"{value:,.1f}".removesuffix(".0") + f" {unit}"
