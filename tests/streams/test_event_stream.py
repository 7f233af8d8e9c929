"""Responses made of a channel's events, without a server."""

import asyncio
import json
import threading
from typing import Any

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from mcp_api.streams import sse
from mcp_api.streams.queue import StreamQueue
from mcp_api.streams.sse import KEEP_ALIVE, End, event, stream_response


@pytest.fixture
def closed() -> list[bool]:
    return []


def response_of(request: Any, channel: StreamQueue, closed: list[bool]) -> Any:
    return stream_response(request, channel, event, lambda: closed.append(True))


def read(response: Any) -> list[bytes]:
    if not response.is_async:
        return list(response)

    async def all_of_it() -> list[bytes]:
        return [chunk async for chunk in response]

    return asyncio.run(all_of_it())


both_kinds = pytest.mark.parametrize("factory", [RequestFactory, AsyncRequestFactory])


@both_kinds
def test_items_leave_in_their_order_up_to_the_end(factory: Any, closed: list[bool]):
    channel = StreamQueue()
    for item in ({"n": 1}, {"n": 2}, End(), {"n": 3}):
        channel.put(item)
    response = response_of(factory().post("/mcp"), channel, closed)
    assert read(response) == [b'data: {"n":1}\n\n', b'data: {"n":2}\n\n']
    assert closed == [True]


@both_kinds
def test_silent_stream_sends_a_comment_now_and_then(factory: Any, closed: list[bool], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.05)
    channel = StreamQueue()
    response = response_of(factory().post("/mcp"), channel, closed)

    timer = threading.Timer(0.4, channel.put, [End()])
    timer.start()
    chunks = read(response)
    assert 2 <= len(chunks) <= 8
    assert set(chunks) == {KEEP_ALIVE}
    assert KEEP_ALIVE.startswith(b":")


@pytest.mark.django_db
@both_kinds
def test_response_that_is_never_read_is_closed_all_the_same(factory: Any, closed: list[bool]):
    """As where the client goes before the first byte."""
    response_of(factory().post("/mcp"), StreamQueue(), closed).close()
    assert closed == [True]


def test_event_says_its_id_and_when_to_come_back():
    assert event({"a": "b\n\u2028"}, event_id="x.1", retry_ms=500) == (
        b"id: x.1\nretry: 500\ndata: "
        + json.dumps({"a": "b\n\u2028"}, separators=(",", ":"), ensure_ascii=False).encode()
        + b"\n\n"
    )
    assert event(event_id="x.0") == b"id: x.0\ndata:\n\n"
