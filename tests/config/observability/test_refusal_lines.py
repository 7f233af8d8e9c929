"""The log lines of what Django refuses for security: short, few, and no errors, since strangers can cause them."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import DisallowedHost
from django.test import Client as Browser

from config.observability.logs import LONGEST_REFUSAL, MOST_REFUSALS, RefusalsInOneLine
from tests.streams.conftest import serve
from tests.support.database import Template

KIND = "django.security.DisallowedHost"
GUNICORN = "gunicorn.error"


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
        record = record_of("x" * 1000, name="accounts.audit.events")
        assert refusals.filter(record)
        assert (record.levelno, len(record.getMessage())) == (logging.ERROR, 1000)


def test_what_is_no_request_is_not_repeated(refusals: RefusalsInOneLine) -> None:
    record = record_of("Invalid request from ip=2001:db8::1: Invalid HTTP method: GET /?code=secret", name=GUNICORN)
    try:
        raise ValueError("code=secret")
    except ValueError:
        assert refusals.filter(record)
    assert record.getMessage() == "Invalid request from ip=2001:db8::1: ValueError"
    written = [refusals.filter(record_of("Invalid request from ip=192.0.2.1: x", name=GUNICORN)) for _ in range(20)]
    assert sum(written) == MOST_REFUSALS - 1


def test_other_lines_of_gunicorn_stay_as_they_are(refusals: RefusalsInOneLine) -> None:
    for _ in range(MOST_REFUSALS * 2):
        record = record_of("Worker exiting (pid: 1)", name=GUNICORN)
        assert refusals.filter(record)
        assert record.levelno == logging.ERROR


@pytest.mark.parametrize("form", ["json", "line"])
def test_a_stranger_fills_no_log_with_what_is_no_request(template: Template, form: str) -> None:
    with serve(template, workers=1, LOG_FORMAT=form) as server:
        host, port = server.url.removeprefix("http://").split(":")
        for _ in range(MOST_REFUSALS * 3):
            with socket.create_connection((host, int(port)), timeout=30) as connection:
                connection.sendall(b"GET /?code=secret HTTP/1.1\r\nHost: a\r\nb\xff\xff: " + b"x" * 6000 + b"\r\n\r\n")
                connection.recv(1000)
        assert 0 < server.log.count("Invalid request from ip=") <= MOST_REFUSALS + 3
        assert "xxx" not in server.log
        assert "secret" not in server.log


@pytest.mark.django_db
def test_a_stranger_with_another_host_writes_no_long_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RefusalsInOneLine())
    for _ in range(MOST_REFUSALS * 3):
        assert Browser(headers={"host": "x" * 12_000}).get("/").status_code == 400
    lines = [record for record in caplog.records if record.name.startswith("django.security.")]
    assert 0 < len(lines) <= MOST_REFUSALS
    assert all(len(record.getMessage()) < LONGEST_REFUSAL + 50 for record in lines)
