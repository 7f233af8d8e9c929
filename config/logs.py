"""How a line of the log is written: for people, or as JSON for whatever collects it."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

# Anything may be logged: what is no JSON is written as text. Escaped, so that a line is a line and pure ASCII.
_encode = json.JSONEncoder(default=str).encode


class RefusalsInOneLine(logging.Filter):
    """What anybody may bring about as often as they like, such as a Host that is not ours, is no defect: Django logs it
    with a traceback, which would fill the log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


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
