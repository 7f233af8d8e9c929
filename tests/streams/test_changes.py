"""Listeners are told of changes, in whichever process they happen: within two seconds."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.streams.conftest import serve
from tests.streams.listening import EVERYTHING, announce, listen
from tests.streams.wire import Stream, Wire
from tests.support.database import Template
from tests.support.patience import SOON, eventually

SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


# --- subscriptions/listen ----------------------------------------------------------------------


def test_the_server_must_send_acknowledged_as_the_first_message(wire: Wire):
    sent = wire.modern(
        "subscriptions/listen", {"notifications": {"toolsListChanged": True, "promptsListChanged": False}}
    )
    with wire.stream(**sent) as stream:
        first = stream.message()
    assert first["method"] == "notifications/subscriptions/acknowledged"
    assert first["params"] == {
        "notifications": {"toolsListChanged": True},
        "_meta": {SUBSCRIPTION_ID: sent["json"]["id"]},
    }


def test_change_reaches_streams_of_every_process_within_two_seconds(wire: Wire, stack: ExitStack):
    streams = [stack.enter_context(listen(wire, **EVERYTHING)) for _ in range(4)]
    for stream in streams:
        stream.message()
    for what in ("tools", "prompts", "resources"):
        announced = time.monotonic()
        announce(wire, what)
        for stream in streams:
            told = stream.message()
            assert told["method"] == f"notifications/{what}/list_changed"
            assert SUBSCRIPTION_ID in told["params"]["_meta"]
        assert time.monotonic() - announced < 2


def test_change_is_told_although_a_later_one_was_committed_before_it(wire: Wire, stack: ExitStack):
    wire.initialize()
    streams = [stack.enter_context(listen(wire, **EVERYTHING)), stack.enter_context(wire.get())]
    streams[0].message()
    streams[1].next()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(wire.post, **wire.tool("announce_and_go_on", seconds=1))
        time.sleep(0.5)
        announce(wire, "tools")
        for stream in streams:
            told = {stream.message()["method"] for _ in range(2)}
            assert told == {"notifications/tools/list_changed", "notifications/prompts/list_changed"}


def test_the_server_must_not_send_notification_types_the_client_has_not_requested(wire: Wire):
    with listen(wire, promptsListChanged=True) as stream:
        stream.message()
        for what in ("tools", "resources", "prompts"):
            announce(wire, what)
        assert stream.message()["method"] == "notifications/prompts/list_changed"


def test_only_watched_resources_are_told_of(wire: Wire):
    with listen(wire, resourceSubscriptions=["news://sport", "none://such", "news://secret"]) as stream:
        acknowledged = stream.message()
        assert acknowledged["params"]["notifications"] == {"resourceSubscriptions": ["news://sport"]}
        for uri in ("news://weather", "news://secret", "news://sport"):
            announce(wire, "resource", uri)
        assert stream.message()["params"]["uri"] == "news://sport"


def test_listening_ends_gracefully_within_two_seconds_of_the_token(wire: Wire):
    with listen(wire, **EVERYTHING) as stream:
        stream.message()
        wire.revoke()
        revoked = time.monotonic()
        [last] = stream.messages()
    assert time.monotonic() - revoked < 2.5
    assert last["result"]["resultType"] == "complete"
    assert SUBSCRIPTION_ID in last["result"]["_meta"]


def test_change_is_told_in_the_form_of_the_uri_that_the_client_sent(wire: Wire, stack: ExitStack):
    wire.initialize()
    stream = stack.enter_context(listen(wire, resourceSubscriptions=["news://caf%C3%A9"]))
    stream.message()
    legacy = stack.enter_context(wire.get())
    legacy.next()
    assert wire.post(**wire.legacy("resources/subscribe", {"uri": "news://caf%C3%A9"})).json()["result"] == {}
    announce(wire, "resource", "news://café")
    for each in (stream, legacy):
        assert each.message()["params"]["uri"] == "news://caf%C3%A9"


def test_bad_filter_is_an_invalid_parameter(wire: Wire):
    for wrong in ("all", {"toolsListChanged": "perhaps"}, {"resourceSubscriptions": "news://sport"}):
        response = wire.post(**wire.modern("subscriptions/listen", {"notifications": wrong}))
        assert (response.status_code, response.json()["error"]["code"]) == (400, -32602)


# --- The stream of a legacy session --------------------------------------------------------------


def test_legacy_stream_tells_of_lists_and_of_subscribed_resources(wire: Wire):
    wire.initialize()
    with wire.get() as stream:
        stream.next()
        announce(wire, "resource", "news://sport")
        time.sleep(0.5)
        assert wire.post(**wire.legacy("resources/subscribe", {"uri": "news://sport"})).json()["result"] == {}
        time.sleep(0.5)
        announce(wire, "resource", "news://sport")
        assert stream.message() == {
            "jsonrpc": "2.0",
            "method": "notifications/resources/updated",
            "params": {"uri": "news://sport"},
        }
        wire.post(**wire.legacy("resources/unsubscribe", {"uri": "news://sport"}))
        time.sleep(0.5)
        announce(wire, "resource", "news://sport")
        announce(wire, "tools")
        assert stream.message()["method"] == "notifications/tools/list_changed"


def test_changes_while_the_stream_was_lost_are_told_when_it_is_taken_up(wire: Wire):
    wire.initialize()
    with wire.get() as stream:
        primed = stream.next()
    announce(wire, "tools")
    announce(wire, "prompts")
    with wire.get(**{"Last-Event-ID": primed.id}) as stream:
        assert [stream.message()["method"] for _ in range(2)] == [
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed",
        ]


def test_the_server_must_not_broadcast_the_same_message_across_multiple_streams(wire: Wire):
    wire.initialize()
    with wire.get() as old:
        old.next()
        with wire.get() as new:
            new.next()
            assert old.messages() == []
            announce(wire, "tools")
            assert new.message()["method"] == "notifications/tools/list_changed"


def test_legacy_stream_ends_within_two_seconds_of_its_token(wire: Wire):
    wire.initialize()
    with wire.get() as stream:
        stream.next()
        wire.expire()
        expired = time.monotonic()
        assert stream.messages() == []
    assert time.monotonic() - expired < 2.5


def test_deleted_session_ends_its_stream(wire: Wire):
    wire.initialize()
    with wire.get() as stream:
        stream.next()
        assert wire.end_session() == 204
        assert stream.messages() == []
    with wire.get() as stream:
        assert stream.response.status_code == 404


# --- Limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("worker", "threads"), [("gthread", "--threads 8"), ("asgi", "")])
def test_streams_take_at_most_half_of_the_threads(template: Template, worker: str, threads: str, stack: ExitStack):
    """Or, where an open stream takes no thread, as many as the operator allows."""
    args = f"--worker-class {worker} {threads}"
    with serve(template, worker, workers=1, GUNICORN_CMD_ARGS=args, ASYNC_STREAMS="4") as server:
        wires = [Wire(server).initialize() for _ in range(3)]
        streams = [stack.enter_context(listen(wires[n % 2], **EVERYTHING)) for n in range(4)]
        assert [stream.response.status_code for stream in streams] == [200] * 4
        refused = wires[2].post(**wires[2].modern("subscriptions/listen", {"notifications": EVERYTHING}))
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json()["error"]["message"]
        assert stack.enter_context(wires[2].get()).response.status_code == 405
        stack.close()
        assert eventually(lambda: room(wires[2]))


def test_one_person_takes_half_of_them_at_most(template: Template, stack: ExitStack):
    with serve(template, workers=1, THREADS="8") as server:
        wire, other = Wire(server), Wire(server)
        statuses = [stack.enter_context(listen(wire, **EVERYTHING)).response.status_code for _ in range(3)]
        assert statuses == [200, 200, 503]
        assert stack.enter_context(listen(other, **EVERYTHING)).response.status_code == 200


@pytest.mark.postgres_only
def test_streams_that_are_opened_at_once_do_not_keep_each_other_from_the_database(template: Template, stack: ExitStack):
    """The process that notifies them of changes needs one of the few connections that they share, too."""
    with serve(template, "asgi", workers=1, DATABASE_POOL="4") as server, ThreadPoolExecutor(8) as threads:
        wires = [Wire(server) for _ in range(8)]
        streams = threads.map(lambda wire: stack.enter_context(listen(wire, **EVERYTHING)), wires)
        assert [stream.response.status_code for stream in streams] == [200] * 8


def room(wire: Wire) -> bool:
    with listen(wire, **EVERYTHING) as stream:
        return stream.response.status_code == 200


# --- Deploys -----------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", ["gthread", "asgi"])
def test_open_streams_do_not_hold_up_a_stop_and_end_gracefully(template: Template, worker: str, stack: ExitStack):
    with serve(template, worker) as server:
        wire = Wire(server)
        stream: Stream = stack.enter_context(listen(wire, **EVERYTHING))
        stream.message()
        stopped = time.monotonic()
        server.ask_to_stop()
        [last] = stream.messages()
        assert last["result"]["resultType"] == "complete"
        assert time.monotonic() - stopped < SOON + 2


def test_session_outlives_a_restart(template: Template):
    with serve(template) as server:
        wire = Wire(server).initialize()
        server.restart()
        assert wire.post(**wire.legacy("ping")).json()["result"] == {}
