"""Record of a legacy call's stream, for a client whose connection ended before the call.

Spec 2025-11-25, basic/transports, Resumability and Redelivery.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import close_old_connections

from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.pubsub import broker
from mcp_api.registry import targets
from mcp_api.streams import sessions

# One thread, so that the messages of a stream are recorded in their order.
_recorder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A message and its number in the stream."""

    number: int
    message: Message


# Has no message: it records that the stream exists, or that it has ended.
NOTHING = StreamEvent(0, {})


@dataclass(frozen=True, slots=True)
class ReconnectHint:
    """An item that ends the connection, but not the stream, after the message with this number."""

    number: int


class PrimingEvent:
    """The first item of a stream: its event id, from which a client can resume the stream."""


class StreamRecord:
    """Record of a call's stream. A process that sends it (mcp_api/streams/get_stream.py) first checks that the person
    may still use what was called.
    """

    def __init__(self, call: Call, stream_id: str) -> None:
        self._call, self._stream_id = call, stream_id

    def add(self, item: StreamEvent, *, is_last: bool = False) -> None:
        assert self._call.session is not None
        topic = sessions.stream_topic(self._call.session, self._stream_id)
        body: dict[str, Any] = {"number": item.number, "message": item.message, "about": self._about}
        body["last"] = {"id": self._call.request.id, "subject": self._call.subject} if is_last else None
        _recorder.submit(_write, topic, body)

    @cached_property
    def _about(self) -> dict[str, Any] | None:
        """Return what is called, and the error for a person who may not use it."""
        target = targets.find(self._call.request)
        if target is None:
            return None
        refusal = targets.refusal(self._call.request)
        return {"kind": target.kind, "key": target.key, "code": refusal.code, "message": refusal.message}


def _write(topic: str, body: dict[str, Any]) -> None:
    close_old_connections()
    try:
        broker.post(topic, **body)
    finally:
        close_old_connections()
