"""Numbered messages of a legacy call's stream, for a client that reconnects.

Spec 2025-11-25, basic/transports, Resumability and Redelivery.
"""

import secrets
from collections import deque
from typing import Any

from mcp_types.version import LATEST_HANDSHAKE_VERSION

from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.execution.stream_record import NOTHING, PrimingEvent, ReconnectHint, StreamEvent, StreamRecord
from mcp_api.streams.sse import event

# Messages before the result that a client may miss and read later; the result is never lost.
MOST_REMEMBERED = 1000
RECONNECT_MS = 500


class ResumableStream:
    """The messages that a call sends before its result, and their event ids.

    They are remembered here while the connection lasts. From `start_recording` on they go to the record instead, which
    any process can read.
    """

    def __init__(self, call: Call) -> None:
        self.id = secrets.token_urlsafe(12)
        self.is_resumable = call.session is not None and call.request.version == LATEST_HANDSHAKE_VERSION
        # Whether anything was sent before the result.
        self.has_begun = False
        self.is_recorded = False
        self._number = self._most = 0
        self._remembered: deque[StreamEvent] = deque(maxlen=MOST_REMEMBERED)
        self._record = StreamRecord(call, self.id)

    @property
    def is_full(self) -> bool:
        """Whether the record has as many messages as it may have, so that dispensable ones are dropped."""
        return self._number >= self._most

    def add(self, message: Message) -> StreamEvent:
        """Number a message, and keep it for a client that reconnects."""
        self.has_begun = True
        self._number += 1
        item = StreamEvent(self._number, message)
        if self.is_recorded:
            self._record.add(item)
        else:
            self._remembered.append(item)
        return item

    def reconnect_hint(self) -> ReconnectHint:
        """Return the item that ends the connection, but not the stream."""
        self.has_begun = True
        return ReconnectHint(self._number)

    def start_recording(self) -> None:
        """Record the remembered messages, and all that follow."""
        self.is_recorded = True
        self._most = self._number + MOST_REMEMBERED
        self._record.add(NOTHING)
        for item in self._remembered:
            self._record.add(item)
        self._remembered.clear()

    def finish(self, last: Message | None) -> None:
        """Record the end of the stream, and its last message if there is one."""
        item = NOTHING if last is None else StreamEvent(self._number + 1, last)
        self._record.add(item, is_last=True)

    def encode(self, item: Any) -> bytes:
        """Return `item` as an event of the stream. Raises TypeError for what is none of the items above."""
        match item:
            case PrimingEvent():
                return event(event_id=self._event_id(0), retry_ms=RECONNECT_MS)
            case ReconnectHint():
                return event(event_id=self._event_id(item.number), retry_ms=RECONNECT_MS)
            case StreamEvent():
                return event(item.message, event_id=self._event_id(item.number))
        raise TypeError(f"{item!r} is no item of a stream.")

    def encode_last(self, message: Message) -> bytes:
        return event(message, event_id=self._event_id(self._number + 1))

    def _event_id(self, number: int) -> str:
        return f"{self.id}.{number}" if self.is_resumable else ""
