"""Request IDs: in the reply, in each log line and in the audit log."""

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
# The forms that proxies send: hexadecimal digits, a UUID, or words of their own.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Empty outside a request. Threads and tasks that work for the request inherit it.
current: ContextVar[str] = ContextVar("request_id", default="")


def of(request: HttpRequest) -> str:
    """Return the well-formed ID that a trusted proxy gave `request`, else a new one."""
    return given_or_new(request.META.get("HTTP_X_REQUEST_ID", ""))


def given_or_new(given: str) -> str:
    """Return `given`, the header's value, if a trusted proxy sent it well-formed; else a new ID."""
    return given if conf.TRUSTED_PROXY and WELL_FORMED.fullmatch(given) else new()


@contextmanager
def request_id_context(given: str) -> Iterator[None]:
    """Set the current request ID for the block, from the header's value `given`."""
    before = current.set(given_or_new(given))
    try:
        yield
    finally:
        current.reset(before)


def new() -> str:
    """Return 32 hexadecimal digits that begin with the time in milliseconds, so that an index grows at its end."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class RequestIdFilter(logging.Filter):
    """Logging filter that adds the request ID to each record and rejects none."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
