"""The log lines of what Django refuses for security: short, few, and no errors, since strangers can cause them."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import DisallowedHost
from django.test import Client as Browser

from config.logs import LONGEST_REFUSAL, MOST_REFUSALS, RefusalsInOneLine

KIND = "django.security.DisallowedHost"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def refusals(clock: Clock) -> RefusalsInOneLine:
    return RefusalsInOneLine(clock=clock)


def record_of(message: str, *args: object, name: str = KIND) -> logging.LogRecord:
    error = DisallowedHost(message)
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, (DisallowedHost, error, None))


def test_a_refusal_is_one_short_line_of_a_warning(refusals: RefusalsInOneLine) -> None:
    record = record_of("Invalid HTTP_HOST header: %r.\nSecond line", "x" * 12_000)
    assert refusals.filter(record)
    line = logging.Formatter("%(levelname)s %(message)s").format(record)
    assert line.startswith("WARNING Invalid HTTP_HOST header: 'xxx")
    assert len(line) < LONGEST_REFUSAL + 20
    assert "\n" not in line
    assert record.levelno == logging.WARNING


def test_no_more_than_so_many_refusals_of_a_kind_are_written_and_the_rest_is_counted(
    refusals: RefusalsInOneLine, clock: Clock
) -> None:
    written = [refusals.filter(record_of("Invalid")) for _ in range(MOST_REFUSALS + 7)]
    assert written == [True] * MOST_REFUSALS + [False] * 7
    assert refusals.filter(record_of("Other", name="django.security.csrf"))
    clock.now += 60
    later = record_of("Invalid")
    assert refusals.filter(later)
    assert later.getMessage() == "Invalid (7 more of these were left out)"
    again = record_of("Invalid")
    refusals.filter(again)
    assert again.getMessage() == "Invalid"


def test_threads_share_one_allowance(refusals: RefusalsInOneLine) -> None:
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(lambda _: refusals.filter(record_of("Invalid")), range(500)))
    assert sum(written) == MOST_REFUSALS


def test_other_lines_stay_as_they_are(refusals: RefusalsInOneLine) -> None:
    for _ in range(MOST_REFUSALS * 2):
        record = record_of("x" * 1000, name="accounts.events")
        assert refusals.filter(record)
        assert (record.levelno, len(record.getMessage())) == (logging.ERROR, 1000)


@pytest.mark.django_db
def test_a_stranger_with_another_host_writes_no_long_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RefusalsInOneLine())
    for _ in range(MOST_REFUSALS * 3):
        assert Browser(headers={"host": "x" * 12_000}).get("/").status_code == 400
    lines = [record for record in caplog.records if record.name.startswith("django.security.")]
    assert 0 < len(lines) <= MOST_REFUSALS
    assert all(len(record.getMessage()) < LONGEST_REFUSAL + 50 for record in lines)
