"""Answers to input requests of a call are admitted again, with the rights that the person has by then."""

from typing import Any

import pytest

from tests.mcp_api.messages import Body
from tests.streams.wire import Wire
from tests.streams.withdrawn_rights.rights import (
    NEWS,
    WITHDRAWALS,
    YES,
    Act,
    another_token,
    guarded,
    refused_as_unknown,
)


@pytest.mark.parametrize("what", WITHDRAWALS)
def test_answer_does_not_run_a_tool_that_was_withdrawn_meanwhile(permitted: Wire, act: Act, what: str):
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act(WITHDRAWALS[what])
        permitted.answer(question, YES)
        [answer] = stream.messages()
    assert refused_as_unknown(answer)
    assert permitted.first_name == ""
    assert permitted.outcomes("tools/call guarded_rename") == [("refused", "-32602")]
    act("Group.objects.filter(name='others').delete()")


def test_answer_does_not_run_a_tool_that_needs_another_scope_by_now(permitted: Wire, act: Act):
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act(guarded("tool", "guarded_rename") + "policy.scopes = 'write'; policy.save()")
        permitted.answer(question, YES)
        [answer] = stream.messages()
    assert "scope write" in answer["error"]["message"]
    assert permitted.first_name == ""
    assert permitted.outcomes("tools/call guarded_rename") == [("refused", "insufficient_scope")]


def test_answer_runs_the_tool_while_nothing_was_withdrawn(permitted: Wire):
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Ada")) as stream:
        permitted.answer(stream.message(), YES)
        [answer] = stream.messages()
    assert answer["result"]["structuredContent"] == {"result": "accept"}
    assert permitted.first_name == "Ada"


@pytest.mark.parametrize(
    ("tool", "result"),
    [
        ("guarded_sampling", {"role": "assistant", "content": {"type": "text", "text": "Hi"}, "model": "m"}),
        ("guarded_roots", {"roots": [{"uri": "file:///a"}]}),
    ],
)
def test_answers_of_a_model_and_folders_are_admitted_again_too(permitted: Wire, act: Act, tool: str, result: Body):
    with permitted.stream(**permitted.legacy_tool(tool)) as stream:
        question = stream.message()
        act("person.user_permissions.clear()")
        permitted.answer(question, result)
        [answer] = stream.messages()
    assert answer["error"]["message"] == f"Unknown tool: {tool}"


def test_error_in_place_of_an_answer_is_admitted_again_too(permitted: Wire, act: Act):
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act("person.user_permissions.clear()")
        failed = {"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32603, "message": "no screen"}}
        permitted.post(json=failed, headers=permitted.legacy_headers)
        [answer] = stream.messages()
    assert refused_as_unknown(answer)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [("resources/read", {"uri": NEWS}, -32002), ("prompts/get", {"name": "guarded_prompt"}, -32602)],
)
def test_resource_and_prompt_that_asked_are_admitted_again(
    permitted: Wire, act: Act, method: str, params: Body, code: int
):
    with permitted.stream(**permitted.legacy(method, params)) as stream:
        question = stream.message()
        act("person.user_permissions.clear()")
        permitted.answer(question, YES)
        [answer] = stream.messages()
    assert answer["error"]["code"] == code
    assert "secret" not in str(answer)


def with_token(wire: Wire, token: str) -> dict[str, str]:
    return {**wire.legacy_headers, "Authorization": f"Bearer {token}"}


def test_answer_by_a_token_that_may_do_less_counts_for_no_more(permitted: Wire, act: Act):
    reader = permitted.headers
    permitted.headers = {**reader, "Authorization": f"Bearer {another_token(act, 'read write')}"}
    for _ in range(4):
        with permitted.stream(**permitted.legacy_tool("rename_as_writer", name="Eve")) as stream:
            body = {"jsonrpc": "2.0", "id": stream.message()["id"], "result": YES}
            headers = {**permitted.legacy_headers, "Authorization": reader["Authorization"]}
            assert permitted.post(json=body, headers=headers).status_code == 202
            [answer] = stream.messages()
        assert "scope write" in answer["error"]["message"]
    assert permitted.first_name == ""
    with permitted.stream(**permitted.legacy_tool("rename_as_writer", name="Ada")) as stream:
        permitted.answer(stream.message(), YES)
        assert "result" in stream.messages()[0]


def test_answer_by_a_token_that_may_do_more_adds_nothing(permitted: Wire, act: Act):
    more = another_token(act, "read write")
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act(guarded("tool", "guarded_rename") + "policy.scopes = 'write'; policy.save()")
        body = {"jsonrpc": "2.0", "id": question["id"], "result": YES}
        permitted.post(json=body, headers=with_token(permitted, more))
        [answer] = stream.messages()
    assert "scope write" in answer["error"]["message"]


@pytest.mark.parametrize(
    "ending",
    [
        "Authorization.objects.filter(consent__user=person).update(revoked_at=timezone.now())",
        "person.is_active = False; person.save()",
    ],
)
def test_nothing_runs_after_the_token_has_ended(permitted: Wire, act: Act, ending: str):
    with permitted.stream(**permitted.legacy_tool("guarded_rename", name="Eve")) as stream:
        question = stream.message()
        act(ending)
        assert permitted.answer(question, YES).status_code == 401
        assert stream.messages() == []
    assert permitted.first_name == ""
    # Beside the event of the revocation, in whichever order the database has them.
    assert "refused" in [outcome for outcome, _ in permitted.outcomes("")]


# --- The retry of a modern call -----------------------------------------------------------------


@pytest.mark.parametrize("what", WITHDRAWALS)
def test_retry_with_a_state_does_not_run_a_tool_that_was_withdrawn_meanwhile(permitted: Wire, act: Act, what: str):
    def call(**retry: Any) -> Body:
        params = {"name": "guarded_rename", "arguments": {"name": "Eve"}, **retry}
        return permitted.post(**permitted.modern("tools/call", params)).json()

    asked = call()["result"]
    act(WITHDRAWALS[what])
    answers = dict.fromkeys(asked["inputRequests"], YES)
    for _ in range(4):
        assert refused_as_unknown(call(requestState=asked["requestState"], inputResponses=answers))
    assert permitted.first_name == ""
    act("Group.objects.filter(name='others').delete()")
