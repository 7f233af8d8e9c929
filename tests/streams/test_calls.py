"""A call that speaks before it ends, over real HTTP: progress, log messages, cancellation."""

import time
from typing import Any

import httpx2
import pytest

from tests.streams.wire import Wire, methods_of
from tests.support.patience import eventually

# --- What a stream looks like ----------------------------------------------------------------


def test_tool_that_says_nothing_is_answered_by_one_json_object(wire: Wire):
    response = wire.post(**wire.tool("silent", seconds=0.1))
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["result"]["structuredContent"] == {"result": "done"}


def test_progress_leaves_as_it_comes(wire: Wire):
    with wire.stream(**wire.tool("count", to=3, pause=0.3)) as stream:
        started = time.monotonic()
        arrived = [(event.data, time.monotonic() - started) for event in stream]
    assert methods_of([data for data, _ in arrived]) == ["notifications/progress"] * 3 + ["result"]
    assert [data["params"] for data, _ in arrived[:3]] == [
        {"progressToken": "token", "progress": number, "total": 3, "message": f"At {number}"} for number in (1, 2, 3)
    ]
    assert arrived[3][1] - arrived[0][1] > 0.6


def test_stream_is_not_to_be_buffered_or_stored(wire: Wire):
    with wire.stream(**wire.tool("count", to=1)) as stream:
        headers = stream.response.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["X-Accel-Buffering"] == "no"
        assert "no-cache" in headers["Cache-Control"]


def test_without_a_progress_token_no_progress_is_told(wire: Wire):
    response = wire.post(**wire.modern("tools/call", {"name": "count", "arguments": {"to": 2}}))
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["result"]["structuredContent"] == {"result": "counted to 2"}


def test_client_that_reads_no_streams_gets_one_json_object(wire: Wire):
    sent = wire.tool("count", to=2)
    sent["headers"]["Accept"] = "application/json"
    assert wire.post(**sent).json()["result"]["structuredContent"] == {"result": "counted to 2"}


def test_flood_of_progress_is_thinned_and_the_result_arrives(wire: Wire):
    with wire.stream(**wire.tool("flood", messages=20_000)) as stream:
        messages = stream.messages()
    told = [message["params"]["progress"] for message in messages[:-1]]
    assert told == sorted(set(told))
    assert messages[-1]["result"]["structuredContent"] == {"result": "flooded"}


# --- Log messages ----------------------------------------------------------------------------


def test_the_server_must_not_emit_notifications_message_for_a_request_that_does_not_include_a_level(wire: Wire):
    with wire.stream(**wire.tool("count", to=2)) as stream:
        assert "notifications/message" not in methods_of(stream.messages())


def test_modern_request_gets_the_log_messages_of_its_level(wire: Wire):
    call = {"name": "count", "arguments": {"to": 1}}
    with wire.stream(**wire.modern("tools/call", call, log_level="debug")) as stream:
        logged, result = stream.messages()
    assert logged["params"] == {"level": "debug", "logger": "tools/call count", "data": "counted 1"}
    assert "result" in result
    assert wire.post(**wire.modern("tools/call", call, log_level="info")).headers["Content-Type"] == (
        "application/json"
    )


def test_unknown_log_level_is_an_invalid_parameter(wire: Wire):
    call = {"name": "count", "arguments": {"to": 1}}
    response = wire.post(**wire.modern("tools/call", call, log_level="loud"))
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32602)


def test_legacy_session_sets_its_level(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("count", to=1)) as stream:
        assert "notifications/message" not in methods_of(stream.messages())
    assert wire.post(**wire.legacy("logging/setLevel", {"level": "debug"})).json()["result"] == {}
    with wire.stream(**wire.legacy_tool("count", to=1)) as stream:
        assert "notifications/message" in methods_of(stream.messages())


# --- Cancellation ----------------------------------------------------------------------------


def give_up(wire: Wire, sent: dict[str, Any]) -> None:
    with pytest.raises(httpx2.TimeoutException):
        httpx2.post(wire.server.mcp_url, **sent, timeout=0.7)


def test_servers_must_treat_a_client_disconnect_as_cancellation_of_that_request(wire: Wire):
    """Even before the call has said a word."""
    give_up(wire, wire.tool("silent", seconds=20))
    assert eventually(lambda: "silent saw that it was cancelled" in wire.server.log)
    assert eventually(lambda: "cancelled" in str(wire.outcomes("tools/call silent")))


def test_closing_the_stream_cancels_an_async_tool(wire: Wire):
    with wire.stream(**wire.tool("sleep", seconds=20)) as stream:
        stream.next()
    assert eventually(lambda: "sleep was cancelled" in wire.server.log)


def test_what_a_cancelled_call_wrote_is_taken_back(wire: Wire):
    with wire.stream(**wire.tool("write_slowly", name="Nobody", seconds=20)) as stream:
        stream.next()
    assert eventually(lambda: "cancelled" in str(wire.outcomes("tools/call write_slowly")))
    assert wire.first_name == ""


def test_batch_whose_client_goes_is_cancelled_and_its_process_goes_on(wire: Wire):
    # Other tests, which share the server, leave tracebacks in its log.
    begins = len(wire.server.log)
    wire.initialize("2025-03-26")
    calls = [wire.legacy_tool("silent", seconds=20)["json"] | {"id": number} for number in (1, 2)]
    give_up(wire, {"json": calls, "headers": wire.legacy_headers})
    assert eventually(lambda: wire.outcomes("tools/call silent") == [("failed", "cancelled")])
    log = wire.server.log[begins:]
    assert "Exception in worker process" not in log
    assert "Traceback" not in log


def test_legacy_call_goes_on_when_its_connection_breaks(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("write_slowly", name="Somebody", seconds=1)) as stream:
        stream.message()
    assert eventually(lambda: wire.first_name == "Somebody")


def test_legacy_client_cancels_by_a_notification_whichever_process_it_reaches(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("count", to=400)) as stream:
        stream.message()
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        assert wire.post(json=cancelled, headers=wire.legacy_headers).status_code == 202
        assert eventually(lambda: "cancelled" in str(wire.outcomes("tools/call count")))
        # "Not send a response for the cancelled request"
        assert set(methods_of(stream.messages())) <= {"notifications/progress"}
    assert "tools/call failed, reference" not in wire.server.log


# --- The token -------------------------------------------------------------------------------


def test_open_stream_ends_within_two_seconds_of_its_token(wire: Wire):
    with wire.stream(**wire.tool("count", to=200)) as stream:
        stream.next()
        wire.revoke()
        revoked = time.monotonic()
        messages = stream.messages()
    assert time.monotonic() - revoked < 2.5
    assert "result" not in methods_of(messages)
