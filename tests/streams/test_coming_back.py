"""A 2025-11-25 client whose connection broke takes its stream up again (Resumability and Redelivery)."""

import time

import pytest

from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer


@pytest.fixture
def session(wire: Wire) -> Wire:
    return wire.initialize()


def test_the_server_should_immediately_send_an_event_id_and_empty_data_to_prime_the_client(session: Wire):
    with session.stream(**session.legacy_tool("count", to=1)) as stream:
        primed, said, result = list(stream)
    assert (primed.data, primed.retry) == (None, 500)
    assert len({primed.id, said.id, result.id} - {""}) == 3


def test_older_revisions_get_neither_ids_nor_empty_events(wire: Wire):
    wire.initialize("2025-06-18")
    with wire.stream(**wire.legacy_tool("count", to=1)) as stream:
        assert [event.id for event in stream] == ["", ""]


def test_connection_that_ends_early_says_when_to_come_back_and_the_rest_is_there(session: Wire):
    with session.stream(**session.legacy_tool("leave", seconds=1)) as stream:
        events = list(stream)
    assert [event.data and event.data["method"] for event in events] == [None, "notifications/progress", None]
    assert events[-1].retry is not None
    with session.get(**{"Last-Event-ID": events[-1].id}) as stream:
        said, result = stream.messages()
    assert said["params"]["progress"] == 2
    assert result["result"]["structuredContent"] == {"result": "worth coming back for"}


def test_whatever_was_missed_is_told_once_and_in_order(session: Wire):
    with session.stream(**session.legacy_tool("count", to=30, pause=0.05)) as stream:
        heard = [stream.next() for _ in range(4)]
    time.sleep(0.5)
    with session.get(**{"Last-Event-ID": heard[-1].id}) as stream:
        missed = stream.messages()
    before = [event.data["params"]["progress"] for event in heard[1:]]
    after = [message["params"]["progress"] for message in missed[:-1]]
    assert before + after == list(range(1, 31))
    assert missed[-1]["result"]["structuredContent"] == {"result": "counted to 30"}


def test_result_that_was_lost_on_its_way_is_there_again(session: Wire):
    with session.stream(**session.legacy_tool("count", to=2)) as stream:
        events = list(stream)
    time.sleep(0.5)
    with session.get(**{"Last-Event-ID": events[-2].id}) as stream:
        [result] = stream.messages()
    assert result == events[-1].data


@pytest.mark.parametrize("tool", ["count", "interview"])
def test_stream_of_a_call_that_is_cancelled_meanwhile_ends_without_an_answer(session: Wire, tool: str):
    with session.stream(**session.legacy_tool(tool, **({"to": 400} if tool == "count" else {}))) as stream:
        primed = stream.next()
    time.sleep(0.5)
    with session.get(**{"Last-Event-ID": primed.id}) as stream:
        first = stream.message()
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        session.post(json=cancelled, headers=session.legacy_headers)
        assert {message.get("method") for message in stream.messages()} <= {first["method"]}


def test_the_server_must_not_replay_messages_of_another_session(session: Wire, server: LiveServer):
    stranger = Wire(server).initialize()
    with session.stream(**session.legacy_tool("count", to=2)) as stream:
        primed, *_ = list(stream)
    with stranger.get(**{"Last-Event-ID": primed.id}) as stream:
        assert stream.messages() == []


def test_stream_that_nobody_knows_ends_soon(session: Wire):
    started = time.monotonic()
    with session.get(**{"Last-Event-ID": "unknown.3"}) as stream:
        assert stream.messages() == []
    assert time.monotonic() - started < 8


def test_last_event_id_that_is_none_of_ours_is_refused(session: Wire):
    for made_up in ("nonsense", "x.y", ".1", "x.-1", "change.99999999999999999999"):
        with session.get(**{"Last-Event-ID": made_up}) as stream:
            assert stream.response.status_code == 400
