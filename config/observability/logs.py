"""Log formats: one for people, and JSON for log collectors."""

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

# Values that are not JSON become text. The output is ASCII without line breaks.
_encode = json.JSONEncoder(default=str).encode


# Limits of lines that any client can cause: their length in characters, and their number per kind and minute.
LONGEST_REFUSAL = 200
MOST_REFUSALS = 10
SECONDS = 60.0


class TokenBucket:
    """A token bucket for lines of one kind: MOST_REFUSALS at once, and as many in each minute."""

    def __init__(self, now: float) -> None:
        self.tokens, self.updated, self.left_out = float(MOST_REFUSALS), now, 0

    def take(self, now: float) -> int | None:
        """Return how many lines were left out since the last one, or None if this one is to be left out too."""
        self.tokens = min(MOST_REFUSALS, self.tokens + (now - self.updated) * MOST_REFUSALS / SECONDS)
        self.updated = now
        if self.tokens < 1:
            self.left_out += 1
            return None
        self.tokens -= 1
        left_out, self.left_out = self.left_out, 0
        return left_out


# gunicorn's line about a malformed request, with its content, which may include a code (gunicorn/workers/base.py).
INVALID_REQUEST = re.compile(r"(Invalid request from ip=[0-9A-Fa-f:.]*)")


class RefusalsInOneLine(logging.Filter):
    """Shorten and limit the lines about requests that Django refuses for security, or gunicorn as malformed.

    Any client can cause them, and Django logs each as an error with a traceback and the request's content.
    """

    def __init__(self, name: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name)
        self.clock, self.lock = clock, threading.Lock()
        # One for each logger below `django.security`, which Django names after its exceptions.
        self.buckets: dict[str, TokenBucket] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "gunicorn.error" and (invalid := INVALID_REQUEST.match(str(record.msg))):
            record.msg, record.args = f"{invalid[1].rstrip(':')}{_kind_of_error()}", None
        elif not record.name.startswith("django.security."):
            return True
        with self.lock:
            now = self.clock()
            left_out = self.buckets.setdefault(record.name, TokenBucket(now)).take(now)
        if left_out is None:
            return False
        shorten(record, left_out)
        return True


def _kind_of_error() -> str:
    """Return the class of the current error, which describes the problem without the request's content."""
    error = sys.exc_info()[1]
    return f": {type(error).__name__}" if error is not None else ""


def shorten(record: logging.LogRecord, left_out: int) -> None:
    """Turn `record` into a warning of one short line, with the number of lines that were `left_out` before it."""
    message = record.getMessage()
    message = f"{message[:LONGEST_REFUSAL]}…" if len(message) > LONGEST_REFUSAL else message
    more = f" ({left_out} more of these were left out)" if left_out else ""
    # Operators watch for errors, which a client's malformed request is not.
    record.levelno, record.levelname = logging.WARNING, "WARNING"
    record.msg, record.args = f"{' '.join(message.split())}{more}", None
    record.exc_info = record.exc_text = record.stack_info = None


class Json(logging.Formatter):
    """One JSON object per line.

    `extra={"fields": {…}}` become its members, and `extra={"summary": "…"}` its message.
    """

    def format(self, record: logging.LogRecord) -> str:
        extra = record.__dict__
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": extra.get("summary") or record.getMessage(),
        }
        if request_id := extra.get("request_id"):
            entry["request_id"] = request_id
        if trace_id := extra.get("trace_id"):
            entry["trace_id"] = trace_id
        entry.update(extra.get("fields", {}))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return _encode(entry)


class Line(logging.Formatter):
    """For people: time, level, request, logger, message."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {request_id} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = record.__dict__.get("request_id") or "-"
        return super().format(record)
