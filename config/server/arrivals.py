"""A request on its way to gunicorn's threads (config/server/thread_worker.py)."""

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
    """What came of a request, and whether it can be answered: it is whole, malformed or too large.

    gunicorn's parser for event loops finds its end. What is malformed is left to the parser of its threads, which
    answers with a 400.
    """

    def __init__(self, cfg: Any) -> None:
        self.started = time.monotonic()
        self.size = 0
        self.is_ready = self.has_headers = self.has_too_many_chunks = False
        self._pieces: list[bytes] = []
        self._content = self._chunks = 0
        self._is_asked_for = False
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
        """By time.monotonic(): of the headers, and once they are whole, of the body."""
        seconds = settings.REQUEST_TIMEOUT_SECONDS
        return body_deadline(self.started, self.size, seconds) if self.has_headers else self.started + seconds

    def feed(self, data: bytes) -> None:
        self._pieces.append(data)
        self.size += len(data)
        try:
            self._parser.feed(data)
        except Exception:
            # Of several classes without a common base. The thread's parser says what is wrong.
            self.is_ready = True
        if self.size > FRAMING * max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, SMALLEST):
            self.is_ready = True

    def take_octets(self) -> bytes:
        """Return all that came, which is kept here no longer."""
        octets = b"".join(self._pieces)
        self.release()
        return octets

    def release(self) -> None:
        """Keep nothing of the request. This and its parser hold each other: they wait for the garbage collector."""
        self._pieces.clear()

    def must_be_asked_for(self) -> bool:
        """Return True, once, where the client waits for 100 (Continue) before it sends the body."""
        if self._is_asked_for or not self.has_headers or self._content:
            return False
        self._is_asked_for = True
        return (b"expect", b"100-continue") in [(name, value.lower()) for name, value in self._parser.headers]

    def _on_headers(self) -> bool:
        self.has_headers = True
        self.started = time.monotonic()
        # It is refused unread.
        self.is_ready |= (self._parser.content_length or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return False

    def _on_body(self, content: bytes) -> None:
        self._content += len(content)
        self._chunks += self._parser.is_chunked
        self.has_too_many_chunks = self._chunks > MOST_CHUNKS
        self.is_ready |= self.has_too_many_chunks or self._content > settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def _on_end(self) -> None:
        self.is_ready = True
