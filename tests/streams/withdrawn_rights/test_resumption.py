"""The rest of a stream is sent only to a person who still has the right to it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.mcp_api.messages import Body
from tests.streams.wire import Wire
from tests.streams.withdrawn_rights.rights import YES, Act, another_token, guarded, refused_as_unknown
from tests.support.patience import SOON, eventually


def rest_of(wire: Wire, last_event_id: str) -> list[Body]:
    with wire.get(**{"Last-Event-ID": last_event_id}) as stream:
        assert stream.response.status_code == 200
        return stream.messages()


def test_result_that_waits_is_not_handed_over_once_the_right_to_the_tool_is_gone(permitted: Wire, act: Act):
    with permitted.stream(**permitted.legacy_tool("guarded_leave", seconds=0.5)) as stream:
        events = list(stream)
    time.sleep(1)
    assert "secret" in str(rest_of(permitted, events[-1].id))
    act("person.user_permissions.clear()")
    [answer] = rest_of(permitted, events[-1].id)
    assert answer["error"] == {"code": -32602, "message": "Unknown tool: guarded_leave"}
    assert answer["id"] == 1
    assert ("refused", "-32602") in permitted.outcomes("tools/call guarded_leave")


def test_right_that_ends_while_a_stream_is_taken_up_ends_what_it_tells(permitted: Wire, act: Act):
    with permitted.stream(**permitted.legacy_tool("guarded_leave", seconds=12)) as stream:
        events = list(stream)
    with permitted.get(**{"Last-Event-ID": events[-1].id}) as stream:
        assert stream.message()["params"]["progress"] == 2
        act("person.user_permissions.clear()")
        [answer] = stream.messages()
    assert answer["error"] == {"code": -32602, "message": "Unknown tool: guarded_leave"}


def test_token_with_fewer_scopes_does_not_get_the_result_of_a_call_that_needed_more(permitted: Wire, act: Act):
    act(guarded("tool", "guarded_leave") + "policy.scopes = 'write'; policy.save()")
    reader = permitted.headers
    permitted.headers = {**reader, "Authorization": f"Bearer {another_token(act, 'read write')}"}
    with permitted.stream(**permitted.legacy_tool("guarded_leave", seconds=0.5)) as stream:
        events = list(stream)
    time.sleep(1)
    assert "secret" in str(rest_of(permitted, events[-1].id))
    permitted.headers = reader
    [answer] = rest_of(permitted, events[-1].id)
    assert "scope write" in answer["error"]["message"]


@pytest.mark.postgres_only
def test_call_whose_client_went_ends_with_its_token(permitted: Wire):
    """On SQLite, where one transaction writes at a time, nobody can revoke before the tool's has ended."""
    # Longer than it takes to start the process that revokes, on a busy machine.
    with permitted.stream(**permitted.legacy_tool("write_after_leaving", name="Eve", seconds=25)) as stream:
        list(stream)
    permitted.revoke()
    assert eventually(lambda: permitted.outcomes("tools/call write_after_leaving") == [("failed", "cancelled")], 60)
    assert permitted.first_name == ""


def test_answers_of_several_at_once_are_admitted_one_by_one(permitted: Wire, act: Act):
    """A question is answered while the right ends: whatever comes first, nothing runs afterwards."""
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act("person.user_permissions.clear()")
        with ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda _: permitted.answer(question, YES).status_code, range(4)))
        [answer] = stream.messages()
    assert statuses == [202] * 4
    assert refused_as_unknown(answer)
    assert eventually(lambda: permitted.first_name == "", SOON)
