"""The id that one request is known by: in its reply, in each line of the log, and in the trail."""

import logging
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest

from accounts.conf import conf

HEADER = "X-Request-ID"
# As proxies make them: hexadecimal digits, a UUID, or words of their own.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Empty outside of a request. It goes along into threads and event loops that work for the request.
current: ContextVar[str] = ContextVar("request_id", default="")


def of(request: HttpRequest) -> str:
    """The id that a trusted proxy gave `request`, where it gave a good one; else a new one."""
    return given_or_new(request.META.get("HTTP_X_REQUEST_ID", ""))


def given_or_new(given: str) -> str:
    """`given` is what the header says."""
    return given if conf.TRUSTED_PROXY and WELL_FORMED.fullmatch(given) else new()


@contextmanager
def known_by(given: str) -> Iterator[None]:
    """Whatever is said meanwhile carries the id of the request whose header says `given`."""
    before = current.set(given_or_new(given))
    try:
        yield
    finally:
        current.reset(before)


def new() -> str:
    """32 hexadecimal digits. They begin with the time (milliseconds), so that an index of them grows at its end."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class RequestIdFilter(logging.Filter):
    """Lets everything pass, and writes the id on it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
