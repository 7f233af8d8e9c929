"""Numbers with their units, as all pages and messages write them: 10,000; 850 ms; 1.2 s; 3 MB."""

SECOND_MS = 1000
UNITS = ("KB", "MB", "GB")
STEP = 1024


def count(number: int) -> str:
    return f"{number:,}"


def duration(ms: int | None) -> str:
    """Return a duration of `ms` milliseconds; "–" for an unknown one."""
    if ms is None:
        return "–"
    return f"{ms} ms" if ms < SECOND_MS else f"{ms / SECOND_MS:,.1f} s"


def size(number: int) -> str:
    """Return a size of `number` bytes. A KB has 1,024 bytes."""
    if number < STEP:
        return f"{number:,} bytes"
    value = float(number)
    for unit in UNITS:
        value /= STEP
        if value < STEP or unit == UNITS[-1]:
            break
    return f"{value:,.1f}".removesuffix(".0") + f" {unit}"
