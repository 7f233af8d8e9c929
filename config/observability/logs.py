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

# Anything may be logged: what is no JSON is written as text. Escaped, so that a line is a line and pure ASCII.
_encode = json.JSONEncoder(default=str).encode


# Of a line that a stranger can have written as often as they like: its characters, and how many of a kind in a minute.
LONGEST_REFUSAL = 200
MOST_REFUSALS = 10
SECONDS = 60.0


class Allowance:
    """A token bucket for the lines of one kind: MOST_REFUSALS at once, and as many again in a minute."""

    def __init__(self, now: float) -> None:
        self.tokens, self.at, self.left_out = float(MOST_REFUSALS), now, 0

    def take(self, now: float) -> int | None:
        """Return how many lines were left out since the last one, or None where this one is to be left out too."""
        self.tokens = min(MOST_REFUSALS, self.tokens + (now - self.at) * MOST_REFUSALS / SECONDS)
        self.at = now
        if self.tokens < 1:
            self.left_out += 1
            return None
        self.tokens -= 1
        left_out, self.left_out = self.left_out, 0
        return left_out


# What gunicorn says of a request that is none, with what was sent (gunicorn/workers/base.py): a code may be in it.
INVALID_REQUEST = re.compile(r"(Invalid request from ip=[0-9A-Fa-f:.]*)")


class RefusalsInOneLine(logging.Filter):
    """Write what Django refuses for security, such as a Host that is not ours, in short lines, and in few of them; and
    so what gunicorn refuses because it is no request.

    Anybody can bring it about, and Django logs it as an error with a traceback and what was sent.
    """

    def __init__(self, name: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name)
        self.clock, self.lock = clock, threading.Lock()
        # One for each logger below `django.security`, whose names Django's exceptions give.
        self.allowances: dict[str, Allowance] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "gunicorn.error" and (invalid := INVALID_REQUEST.match(str(record.msg))):
            record.msg, record.args = f"{invalid[1].rstrip(':')}{_kind_of_error()}", None
        elif not record.name.startswith("django.security."):
            return True
        with self.lock:
            now = self.clock()
            left_out = self.allowances.setdefault(record.name, Allowance(now)).take(now)
        if left_out is None:
            return False
        shorten(record, left_out)
        return True


def _kind_of_error() -> str:
    """The class of the error that is being handled, for a log line: it says what is wrong, and not what was sent."""
    error = sys.exc_info()[1]
    return f": {type(error).__name__}" if error is not None else ""


def shorten(record: logging.LogRecord, left_out: int) -> None:
    """Make `record` one short line of a warning, which says how many were `left_out` before it."""
    message = record.getMessage()
    message = f"{message[:LONGEST_REFUSAL]}…" if len(message) > LONGEST_REFUSAL else message
    more = f" ({left_out} more of these were left out)" if left_out else ""
    # Only an error is worth a look: what anybody can send is not.
    record.levelno, record.levelname = logging.WARNING, "WARNING"
    record.msg, record.args = f"{' '.join(message.split())}{more}", None
    record.exc_info = record.exc_text = record.stack_info = None


class Json(logging.Formatter):
    """One JSON object a line.

    `extra={"fields": {…}}` become members of it, and then `extra={"summary": "…"}` its message.
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
    """For people: time, level, request, who says it and what."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {request_id} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = record.__dict__.get("request_id") or "-"
        return super().format(record)
