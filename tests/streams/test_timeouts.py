"""A call that goes on beyond its time: its client is answered, and the server stays up and clean."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.streams.conftest import serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.patience import eventually
from tests.support.servers.server import LiveServer

IN_TIME = 2.5


def told(answer: dict[str, Any]) -> str:
    assert answer["result"]["isError"], answer
    return str(answer["result"]["content"][0]["text"])


def names_of_demo(server: LiveServer) -> tuple[str, ...]:
    [names] = server.database.rows("SELECT first_name, last_name FROM oauth_mcp_user WHERE username = 'demo'")
    return names


def test_client_is_answered_when_the_time_is_over(wire: Wire):
    started = time.monotonic()
    answer = wire.post(**wire.tool("overstay", name="Late", seconds=3)).json()
    assert 1 <= time.monotonic() - started < IN_TIME
    assert told(answer) == "It took longer than 1 seconds, and was given up."


def test_what_it_wrote_is_rolled_back_at_once_and_it_can_write_no_more(wire: Wire, server: LiveServer):
    before = names_of_demo(server)
    wire.post(**wire.tool("overstay", name="Late", seconds=2))
    # While the call still holds its thread, it holds no lock.
    started = time.monotonic()
    assert "result" in wire.post(**wire.tool("announce", what="tools")).json()
    assert time.monotonic() - started < 1
    assert names_of_demo(server) == before
    time.sleep(2)
    assert names_of_demo(server) == before


def test_it_is_recorded_once(wire: Wire):
    wire.post(**wire.tool("overstay", name="Late", seconds=2))
    time.sleep(1.5)
    assert wire.outcomes("tools/call overstay") == [("failed", "timeout")]


@pytest.mark.parametrize("tool", ["write_late", "write_late_anew"])
def test_tool_that_only_reads_cannot_write_when_its_time_is_over(wire: Wire, server: LiveServer, tool: str):
    # Threads that have served before, whose connections Django looks at again before it trusts them.
    for _ in range(8):
        assert "result" in wire.post(**wire.tool("get_user_info")).json()
    ended = server.log.count(f"{tool} has ended")
    wire.post(**wire.tool(tool, name="Late"))
    assert eventually(lambda: server.log.count(f"{tool} has ended") > ended)
    assert "Late" not in names_of_demo(server)
    for _ in range(8):
        assert "result" in wire.post(**wire.tool("get_user_info")).json()


def test_async_tool_is_stopped(wire: Wire, server: LiveServer):
    stopped = server.log.count("overstay_asynchronously was stopped")
    assert "longer than 1 seconds" in told(wire.post(**wire.tool("overstay_asynchronously")).json())
    assert eventually(lambda: server.log.count("overstay_asynchronously was stopped") > stopped)


def test_stream_that_was_begun_ends_with_the_answer(wire: Wire):
    with wire.stream(**wire.tool("overstay_talking", seconds=3)) as stream:
        spoken, answer = stream.messages()
    assert spoken["method"] == "notifications/progress"
    assert "longer than 1 seconds" in told(answer)


def test_prompts_have_their_time_too(wire: Wire):
    answer = wire.post(**wire.modern("prompts/get", {"name": "overlong"})).json()
    assert (answer["error"]["code"], answer["error"]["message"]) == (
        -32603,
        "It took longer than 1 seconds, and was given up.",
    )


@pytest.mark.parametrize("argument", ["slow", "endless"])
def test_completions_have_the_time_of_the_settings(template: Template, argument: str):
    with serve(template, "gthread", workers=1, CALL_TIMEOUT_SECONDS="1") as server:
        wire = Wire(server)
        asked = {"ref": {"type": "ref/prompt", "name": "proposals"}, "argument": {"name": argument, "value": "x"}}
        answer = wire.post(**wire.modern("completion/complete", asked)).json()
        assert answer["error"]["message"] == "It took longer than 1 seconds, and was given up."
        assert argument == "slow" or eventually(lambda: server.log.count("endless_topics was stopped") == 1)


def test_legacy_calls_have_their_time_too(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("overstay_talking", seconds=3)) as stream:
        *_, answer = stream.messages()
    assert "longer than 1 seconds" in told(answer)


def test_so_have_those_in_a_batch(wire: Wire):
    wire.initialize("2025-03-26")
    calls = [wire.legacy_tool("overstay", name="Late", seconds=2)["json"] | {"id": number} for number in (1, 2)]
    answers = wire.post(json=calls, headers=wire.legacy_headers).json()
    assert ["longer than 1 seconds" in told(answer) for answer in answers] == [True, True]


@pytest.mark.parametrize("worker", ["gthread", "asgi"])
def test_when_all_threads_are_stuck_calls_are_refused_and_the_rest_goes_on(template: Template, worker: str):
    with serve(template, worker, workers=1, TOOL_THREADS="2") as server:
        wire, other = Wire(server), Wire(server)

        def stay(person: Wire) -> httpx2.Response:
            return person.post(**person.tool("overstay_talking", seconds=6))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(stay, [wire, other]))
        refused = wire.post(**wire.tool("get_user_info"))
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "busy" in refused.json()["error"]["message"]
        assert "result" in wire.post(**wire.modern("tools/list", {})).json()
        assert httpx2.get(f"{server.url}/health").status_code == 200
        assert eventually(lambda: wire.post(**wire.tool("get_user_info")).status_code == 200, 8)
