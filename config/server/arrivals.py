"""Incoming requests of gunicorn's thread worker (config/server/thread_worker.py)."""

import time
from typing import Any

from django.conf import settings
from gunicorn.asgi.parser import PythonProtocol

from config.http.bodies import MOST_CHUNKS
from config.http.deadlines import body_deadline

TOO_LATE = "The headers of the request took too long to arrive."
LATE_RESPONSE = (
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    f"Content-Length: {len(TOO_LATE) + 1}\r\n\r\n{TOO_LATE}\n"
).encode()
# What follows is in octets. The most that the framing of a chunked body may have for each octet of content.
FRAMING = 8
# Enough for the headers alone, which gunicorn limits.
SMALLEST = 1_000_000


class Arrival:
    """The received part of a request. It `is_ready` for a thread once it is complete, malformed or too large.

    gunicorn's parser for event loops finds its end. The parser of the thread refuses a malformed request with 400.
    """

    def __init__(self, cfg: Any) -> None:
        self.started = time.monotonic()
        self.size = 0
        self.is_ready = self.has_headers = self.has_too_many_chunks = False
        self._pieces: list[bytes] = []
        self._content = self._chunks = 0
        self._is_continued = False
        self._parser = PythonProtocol(
            on_headers_complete=self._on_headers,
            on_body=self._on_body,
            on_message_complete=self._on_end,
            limit_request_line=cfg.limit_request_line,
            limit_request_fields=cfg.limit_request_fields,
            limit_request_field_size=cfg.limit_request_field_size,
        )

    @property
    def deadline(self) -> float:
        """Deadline of the headers, or of the body once the headers are complete, by time.monotonic()."""
        seconds = settings.REQUEST_TIMEOUT_SECONDS
        return body_deadline(self.started, self.size, seconds) if self.has_headers else self.started + seconds

    def feed(self, data: bytes) -> None:
        self._pieces.append(data)
        self.size += len(data)
        try:
            self._parser.feed(data)
        except Exception:
            # Several classes without a common base. The thread's parser reports the problem.
            self.is_ready = True
        if self.size > FRAMING * max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, SMALLEST):
            self.is_ready = True

    def take_octets(self) -> bytes:
        """Return the received bytes, and release them."""
        octets = b"".join(self._pieces)
        self.release()
        return octets

    def release(self) -> None:
        """Release the received bytes: this and its parser refer to each other until the garbage collector runs."""
        self._pieces.clear()

    def must_continue(self) -> bool:
        """Return True, once, if the client waits for 100 (Continue) before it sends the body."""
        if self._is_continued or not self.has_headers or self._content:
            return False
        self._is_continued = True
        return (b"expect", b"100-continue") in [(name, value.lower()) for name, value in self._parser.headers]

    def _on_headers(self) -> bool:
        self.has_headers = True
        self.started = time.monotonic()
        # A body that is too large is refused unread.
        self.is_ready |= (self._parser.content_length or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return False

    def _on_body(self, content: bytes) -> None:
        self._content += len(content)
        self._chunks += self._parser.is_chunked
        self.has_too_many_chunks = self._chunks > MOST_CHUNKS
        self.is_ready |= self.has_too_many_chunks or self._content > settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def _on_end(self) -> None:
        self.is_ready = True
