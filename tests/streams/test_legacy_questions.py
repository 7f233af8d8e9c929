"""A legacy call asks on its own stream, and is answered through whichever process the client reaches."""

import time
from contextlib import ExitStack

import pytest

from tests.mcp_api.messages import Body
from tests.streams.conftest import serve
from tests.streams.wire import Wire, methods_of
from tests.support.database import Template
from tests.support.servers.server import LiveServer

YES = {"action": "accept", "content": {"sure": True}}


def test_answer_reaches_the_call_whichever_process_takes_it(wire: Wire):
    wire.initialize()
    for _ in range(4):
        with wire.stream(**wire.legacy_tool("interview")) as stream:
            first = stream.message()
            assert first["method"] == "elicitation/create"
            assert wire.answer(first, YES).status_code == 202
            second = stream.message()
            assert second["params"]["message"] == "Really?"
            wire.answer(second, {"action": "decline"})
            [result] = stream.messages()
        assert result["result"]["structuredContent"] == {"result": "accept decline"}


def test_client_that_accepts_anything_is_asked(wire: Wire):
    wire.initialize()
    call = wire.legacy_tool("interview")
    call["headers"] = {**call["headers"], "Accept": "*/*"}
    with wire.stream(**call) as stream:
        assert stream.message()["method"] == "elicitation/create"


def test_what_was_written_before_the_question_is_taken_back_until_it_is_answered(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("rename", name="Ada")) as stream:
        question = stream.message()
        assert wire.first_name == ""
        wire.answer(question, YES)
        [result] = stream.messages()
    assert "you are Ada now" in result["result"]["structuredContent"]["result"]
    assert wire.first_name == "Ada"


@pytest.mark.parametrize(("answer", "name"), [(YES, "Ada"), ({"action": "decline"}, "")])
def test_tool_that_catches_its_question_commits_nothing_before_the_answer(wire: Wire, answer: Body, name: str):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("rename_carelessly", name="Ada")) as stream:
        question = stream.message()
        assert question["method"] == "elicitation/create"
        assert wire.first_name == ""
        wire.answer(question, answer)
        [result] = stream.messages()
    assert result["result"]["structuredContent"] == {"result": f"sure: {bool(name)}"}
    assert wire.first_name == name


def test_a_client_that_cannot_answer_says_so_and_the_model_is_told(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        question = stream.message()
        failed = {"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32603, "message": "no screen"}}
        wire.post(json=failed, headers=wire.legacy_headers)
        [result] = stream.messages()
    assert result["result"]["isError"]
    assert "no screen" in result["result"]["content"][0]["text"]


def test_answer_that_does_not_fit_ends_the_call_with_an_error_that_names_the_field(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        wire.answer(stream.message(), {"action": "accept", "content": {"sure": "perhaps"}})
        [answer] = stream.messages()
    assert answer["error"]["code"] == -32602
    assert "sure" in answer["error"]["message"]


def test_client_that_declared_nothing_is_never_asked(wire: Wire):
    wire.initialize(capabilities={})
    result = wire.post(**wire.legacy_tool("interview")).json()["result"]
    expected = "This requires a client with the capability elicitation."
    assert (result["isError"], result["content"]) == (True, [{"type": "text", "text": expected}])


def test_answer_of_another_session_counts_for_nothing(wire: Wire, server: LiveServer):
    wire.initialize()
    stranger = Wire(server).initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        question = stream.message()
        assert stranger.answer(question, YES).status_code == 202
        time.sleep(1)
        wire.answer(question, {"action": "decline"})
        second = stream.message()
        wire.answer(second, YES)
        [result] = stream.messages()
    assert result["result"]["structuredContent"] == {"result": "decline accept"}


def test_cancelled_question_ends_the_stream_without_an_answer(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        stream.message()
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        wire.post(json=cancelled, headers=wire.legacy_headers)
        assert stream.messages() == []


def test_session_that_is_deleted_ends_its_questions(wire: Wire):
    wire.initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        question = stream.message()
        assert wire.end_session() == 204
        assert stream.messages() == []
    assert wire.answer(question, YES).status_code == 404


def test_person_may_leave_and_come_back_before_they_answer(wire: Wire):
    """The stream breaks while somebody thinks; the question is asked again on the one that takes it up."""
    wire.initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        primed = stream.next()
    assert primed.data is None
    time.sleep(0.5)
    with wire.get(**{"Last-Event-ID": primed.id}) as stream:
        wire.answer(stream.message(), YES)
        wire.answer(stream.message(), YES)
        [result] = stream.messages()
    assert result["result"]["structuredContent"] == {"result": "accept accept"}


@pytest.mark.parametrize("worker", ["gthread", "asgi"])
def test_no_connection_to_the_database_is_held_while_somebody_thinks(template: Template, worker: str):
    """On SQLite that is seen by the lock; on PostgreSQL by what the server itself says."""
    with serve(template, worker, workers=1) as server:
        wire = Wire(server).initialize()
        with wire.stream(**wire.legacy_tool("rename", name="Ada", tell=True)) as stream:
            assert methods_of([stream.message(), stream.message()]) == [
                "notifications/progress",
                "elicitation/create",
            ]
            count = (
                "from django.db import connection\n"
                "cursor = connection.cursor()\n"
                "if connection.vendor == 'postgresql':\n"
                '    cursor.execute("select count(*) from pg_stat_activity where datname = current_database() '
                "and state like 'idle in transaction%'\")\n"
                "    print(cursor.fetchone()[0])\n"
                "else:\n"
                "    cursor.execute('BEGIN EXCLUSIVE')\n"
                "    print(0)"
            )
            assert server.shell(count) == "0"
            wire.answer({"id": "nobody's"}, YES)


def test_questions_leave_half_of_the_threads_to_others(template: Template):
    with serve(template, workers=1, THREADS="4") as server, ExitStack() as stack:
        wires = [Wire(server).initialize() for _ in range(3)]
        streams = [stack.enter_context(wire.stream(**wire.legacy_tool("interview"))) for wire in wires[:2]]
        messages = [stream.message() for stream in streams]
        refused = wires[2].post(**wires[2].legacy_tool("interview")).json()
        assert "busy" in refused["error"]["message"]
        assert wires[2].post(**wires[2].legacy("ping")).json()["result"] == {}
        for wire, message in zip(wires[:2], messages, strict=True):
            wire.answer(message, {"action": "cancel"})
