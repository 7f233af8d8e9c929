"""Work that goes on after its request is admitted again, with the rights that the person has by then."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.mcp_api.messages import Body
from tests.streams.listening import announce, listen
from tests.streams.wire import Stream, Wire
from tests.support.patience import SOON, eventually
from tests.support.server import LiveServer

YES = {"action": "accept", "content": {"sure": True}}
NEWS = "guarded://news"
PERMISSION = "permission = Permission.objects.get(content_type__app_label='accounts', codename='view_event'); "
POLICY = "policy, _ = Policy.objects.get_or_create(kind={kind!r}, name={name!r}); "

Act = Callable[[str], str]


@pytest.fixture
def act(server: LiveServer, wire: Wire) -> Iterator[Act]:
    """Run code about the `person`, their `permission` and policies, in a process of its own."""
    names = (
        "from django.contrib.auth.models import Group, Permission; from mcp_api.models import Policy; "
        "from django.utils import timezone; from tests.support.factories import *; from django.conf import settings; "
        f"person = User.objects.get(username={wire.username!r}); {PERMISSION}"
    )
    yield lambda code: server.shell(names + code)
    server.shell("from mcp_api.models import Policy; [policy.delete() for policy in Policy.objects.all()]")


@pytest.fixture
def permitted(wire: Wire, act: Act) -> Wire:
    """Ada's connection, who has the permission that the guarded things ask for, and a session."""
    act("person.user_permissions.add(permission)")
    return wire.initialize()


def guarded(kind: str, name: str) -> str:
    return POLICY.format(kind=kind, name=name)


WITHDRAWALS = {
    "the permission": "person.user_permissions.clear()",
    "the tool": guarded("tool", "guarded_rename") + "policy.enabled = False; policy.save()",
    "the group": guarded("tool", "guarded_rename") + "policy.groups.add(Group.objects.create(name='others'))",
    "the client": guarded("tool", "guarded_rename") + "policy.clients.add(person.consents.get().client)",
}


def refused_as_unknown(answer: Body) -> bool:
    return answer["error"]["code"] == -32602 and answer["error"]["message"] == "Unknown tool: guarded_rename"


# --- Answers to a legacy call ------------------------------------------------------------------


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


def another_token(act: Act, scope: str) -> str:
    """Of the same person and client, by another authorization."""
    return act(
        f"own = make_authorization(person, person.consents.get().client, scope={scope!r}); "
        "print(make_tokens(own, resource=settings.PUBLIC_URL + '/mcp')[2])"
    )


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


# --- Streams that tell of changes ----------------------------------------------------------------


def told_after(wire: Wire, stream: Stream) -> list[str]:
    """The URIs that the stream tells of, of one that is guarded and one that is not."""
    announce(wire, "resource", NEWS)
    announce(wire, "resource", "news://sport")
    uris = [updated(stream)]
    return uris if uris == ["news://sport"] else [*uris, updated(stream)]


def updated(stream: Stream) -> str:
    """The next URI that the stream tells of: it may tell of lists in between."""
    return next(event.data["params"]["uri"] for event in stream if event.data and "uri" in event.data["params"])


NEWS_WITHDRAWALS = {
    "the permission": ("person.user_permissions.clear()", "person.user_permissions.add(permission)"),
    "the resource": (
        guarded("resource", NEWS) + "policy.enabled = False; policy.save()",
        guarded("resource", NEWS) + "policy.enabled = True; policy.save()",
    ),
    "the scope": (
        guarded("resource", NEWS) + "policy.scopes = 'write'; policy.save()",
        guarded("resource", NEWS) + "policy.scopes = ''; policy.save()",
    ),
}


@pytest.mark.parametrize("what", NEWS_WITHDRAWALS)
def test_listener_is_not_told_of_a_resource_that_the_person_may_not_read_any_more(permitted: Wire, act: Act, what: str):
    withdraw, give_back = NEWS_WITHDRAWALS[what]
    with listen(permitted, resourceSubscriptions=[NEWS, "news://sport"]) as stream:
        assert stream.message()["params"]["notifications"]["resourceSubscriptions"] == [NEWS, "news://sport"]
        assert told_after(permitted, stream) == [NEWS, "news://sport"]
        act(withdraw)
        assert told_after(permitted, stream) == ["news://sport"]
        act(give_back)
        assert told_after(permitted, stream) == [NEWS, "news://sport"]


@pytest.mark.parametrize("what", NEWS_WITHDRAWALS)
def test_legacy_session_is_not_told_of_a_resource_that_the_person_may_not_read_any_more(
    permitted: Wire, act: Act, what: str
):
    for uri in (NEWS, "news://sport"):
        assert permitted.post(**permitted.legacy("resources/subscribe", {"uri": uri})).json()["result"] == {}
    with permitted.get() as stream:
        primed = stream.next()
        assert told_after(permitted, stream) == [NEWS, "news://sport"]
        act(NEWS_WITHDRAWALS[what][0])
        assert told_after(permitted, stream) == ["news://sport"]
    # What was posted while the person might read it is not told later either.
    with permitted.get(**{"Last-Event-ID": primed.id}) as stream:
        announce(permitted, "resource", "news://weather")
        announce(permitted, "resource", "news://sport")
        # The other was posted first. Of several changes of one resource, one may be told.
        assert updated(stream) == "news://sport"


SUSPEND_AND_ANNOUNCE = "from mcp_api import tools_changed; person.is_active = False; person.save(); tools_changed()"


def test_listener_whose_person_was_suspended_is_told_of_no_list(permitted: Wire, act: Act):
    with listen(permitted, toolsListChanged=True) as stream:
        stream.message()
        act(SUSPEND_AND_ANNOUNCE)
        assert [message for message in stream.messages() if "method" in message] == []


def test_legacy_session_whose_person_was_suspended_is_told_of_no_list(permitted: Wire, act: Act):
    with permitted.get() as stream:
        stream.next()
        act(SUSPEND_AND_ANNOUNCE)
        assert stream.messages() == []


def test_listener_with_a_dead_token_is_told_nothing_more(permitted: Wire, server: LiveServer):
    other = Wire(server)
    with listen(permitted, resourceSubscriptions=["news://sport"]) as stream:
        stream.message()
        permitted.revoke()
        announce(other, "resource", "news://sport")
        assert [message for message in stream.messages() if "method" in message] == []


# --- The rest of a stream ------------------------------------------------------------------------


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
