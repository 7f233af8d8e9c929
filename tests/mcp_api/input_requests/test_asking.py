"""A modern call that asks its client: input_required, and once more with the answers (basic/patterns/mrtr)."""

import base64
import time
from typing import Any

import pytest
from django.test import override_settings
from pydantic import BaseModel

from accounts.models import Event
from mcp_api import Context, prompt, resource, tool
from mcp_api.execution import request_state
from mcp_api.input_requests.questions import form, roots, sampling, visit
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.messages import CAPABILITIES_KEY, Body, meta, modern
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db

ALL: Body = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
SAMPLED = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m"}


class Name(BaseModel):
    name: str


@pytest.fixture(autouse=True)
def asking_tools(isolated_registry: None) -> None:
    @tool
    def rename(context: Context, polite: bool = False) -> str:
        context.user.first_name = "asked"
        context.user.save()
        answer = context.elicit("Your name, please?" if polite else "Name?", Name, key="name")
        if not answer.accepted:
            return answer.action
        context.user.first_name = answer.data.name
        context.user.save()
        return f"Hello, {answer.data.name}!"

    @tool(read_only=True)
    def interview(context: Context) -> str:
        first, second = context.elicit("First?", Name), context.elicit("Second?", Name)
        return f"{first.data.name} {second.data.name}"

    @tool(read_only=True)
    def many(context: Context) -> str:
        told = context.ask(who=form("Who?", Name), what=sampling("What?", max_tokens=9), where=roots())
        return f"{told['who'].data.name} {told['what'].content.text} {len(told['where'])}"

    @tool(read_only=True)
    def send_away(context: Context) -> str:
        return context.elicit_url("Go there", "https://example.com/there").action


def send(caller: Caller, name: str, params: Body | None = None, *, capabilities: Any = None, **arguments: Any) -> Any:
    described = {**meta(), CAPABILITIES_KEY: ALL if capabilities is None else capabilities}
    return caller.send(
        *modern("tools/call", {"name": name, "arguments": arguments, "_meta": described, **(params or {})})
    )


def asked(caller: Caller, name: str, params: Body | None = None, **arguments: Any) -> Body:
    result = result_of(send(caller, name, params, **arguments))
    assert result["resultType"] == "input_required"
    return result


def answered(result: Body, **answers: Any) -> Body:
    return {"requestState": result["requestState"], "inputResponses": answers}


def accept(name: Any) -> Body:
    return {"action": "accept", "content": {"name": name}}


def text_of(response: Any) -> str:
    return result_of(response)["content"][0]["text"]


# --- Asking and going on -----------------------------------------------------------------------


def test_question_ends_the_attempt_and_what_it_wrote_is_taken_back(caller):
    result = asked(caller, "rename")
    [(key, question)] = result["inputRequests"].items()
    assert (key, question["method"]) == ("name", "elicitation/create")
    assert question["params"]["requestedSchema"]["required"] == ["name"]
    caller.person.refresh_from_db()
    assert caller.person.first_name == ""
    assert list(Event.objects.filter(kind="mcp").values_list("outcome", "reason")) == [("ok", "input_required")]


def test_retry_with_the_answer_runs_the_tool_again_and_completes(caller):
    assert text_of(send(caller, "rename", answered(asked(caller, "rename"), name=accept("Ada")))) == "Hello, Ada!"
    caller.person.refresh_from_db()
    assert caller.person.first_name == "Ada"


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_person_may_say_no(caller, action):
    assert text_of(send(caller, "rename", answered(asked(caller, "rename"), name={"action": action}))) == action


def test_answers_are_carried_from_round_to_round(caller):
    first = asked(caller, "interview")
    [key] = first["inputRequests"]
    second = asked(caller, "interview", answered(first, **{key: accept("A")}))
    assert second["requestState"] != first["requestState"]
    [other] = second["inputRequests"]
    assert other != key
    assert text_of(send(caller, "interview", answered(second, **{other: accept("B")}))) == "A B"


def test_several_are_asked_at_once_and_only_what_is_missing_again(caller):
    first = asked(caller, "many")
    assert set(first["inputRequests"]) == {"who", "what", "where"}
    again = asked(caller, "many", answered(first, who=accept("Ada"), unknown={"action": "accept"}))
    assert set(again["inputRequests"]) == {"what", "where"}
    rest = answered(again, what=SAMPLED, where={"roots": [{"uri": "file:///a"}]})
    assert text_of(send(caller, "many", rest)) == "Ada Paris 1"


def test_answer_to_another_question_under_the_same_key_does_not_count(caller):
    first = asked(caller, "rename")
    state = request_state.State(chain="c" * 32, expires=time.time() + 60, asked={"name": "of another question"})
    body, _ = modern("tools/call", {"name": "rename", "arguments": {}, "_meta": {**meta(), CAPABILITIES_KEY: ALL}})
    from mcp_api.protocol.messages import Request

    sealed = request_state.seal(state, Request(1, "tools/call", body["params"], "2026-07-28"), principal(caller))
    again = asked(caller, "rename", {"requestState": sealed, "inputResponses": {"name": accept("Ada")}})
    assert again["inputRequests"] == first["inputRequests"]


def test_answer_that_does_not_fit_names_the_field(caller):
    error = error_of(send(caller, "rename", answered(asked(caller, "rename"), name=accept(["no", "name"]))))
    assert error["code"] == -32602
    assert "name" in error["message"]


def test_prompts_and_resources_ask_too(caller):
    @prompt
    def greet(context: Context) -> str:
        return f"Greet {context.elicit('Whom?', Name, key='who').data.name}"

    @resource("greeting://all")
    def greeting(context: Context) -> str:
        return f"Hello {context.elicit('Whom?', Name, key='who').data.name}"

    for method, params in (("prompts/get", {"name": "greet"}), ("resources/read", {"uri": "greeting://all"})):
        whole = {**params, "_meta": {**meta(), CAPABILITIES_KEY: ALL}}
        first = result_of(caller.send(*modern(method, whole)))
        done = result_of(caller.send(*modern(method, {**whole, **answered(first, who=accept("Ada"))})))
        assert "Ada" in str(done)


# --- Capabilities ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "capabilities", "needed"),
    [
        ("rename", {}, {"elicitation": {"form": {}}}),
        ("rename", {"elicitation": {"url": {}}}, {"elicitation": {"form": {}}}),
        ("send_away", {"elicitation": {}}, {"elicitation": {"url": {}}}),
        ("many", {"elicitation": {}}, {"sampling": {}, "roots": {}}),
    ],
)
def test_servers_must_not_ask_for_what_the_client_has_not_declared(caller, name, capabilities, needed):
    response = send(caller, name, capabilities=capabilities)
    assert response.status_code == 400
    assert error_of(response)["code"] == -32021
    assert error_of(response)["data"] == {"requiredCapabilities": needed}


def test_an_empty_capability_is_equivalent_to_form_mode(caller):
    assert result_of(send(caller, "rename", capabilities={"elicitation": {}}))["resultType"] == "input_required"


# --- The state is an attacker's to play with -----------------------------------------------------


def principal(caller: Caller) -> Any:
    from accounts.resource_server.bearer import Principal

    return Principal.of(caller.token)


def refused(response: Any) -> str:
    assert response.status_code == 400
    assert error_of(response)["code"] == -32602
    return error_of(response)["message"]


def test_servers_must_reject_state_that_fails_verification(caller):
    state = asked(caller, "rename")["requestState"]
    flipped = state[:40] + ("A" if state[40] != "A" else "B") + state[41:]
    for tampered in (flipped, state + "-TAMPERED", state + "=", state[:-4], "", "nonsense", "é", "A" * 100_000):
        refused(send(caller, "rename", {"requestState": tampered, "inputResponses": {"name": accept("Eve")}}))


def test_state_of_another_person_or_client_is_refused(caller):
    carried = answered(asked(caller, "rename"), name=accept("Eve"))
    for person, client in ((caller.person, make_client(name="Another")), (make_user("eve"), caller.client)):
        access, _, raw = make_tokens(make_authorization(person, client))
        assert "another request" in refused(send(Caller(access, raw), "rename", carried))


def test_state_of_another_tool_or_other_arguments_is_refused(caller):
    carried = answered(asked(caller, "rename"), name=accept("Eve"))
    assert "another request" in refused(send(caller, "interview", carried))
    assert "another request" in refused(send(caller, "rename", carried, polite=True))


def test_state_expires(caller, monkeypatch):
    carried = answered(asked(caller, "rename"), name=accept("Late"))
    now = request_state.time.time()
    monkeypatch.setattr(request_state.time, "time", lambda: now + request_state.LASTS_SECONDS + 1)
    assert "expired" in refused(send(caller, "rename", carried))


def test_state_survives_a_key_rotation_until_the_old_key_is_dropped(caller):
    with override_settings(SECRET_KEY="the old key"):
        carried = answered(asked(caller, "interview"), elicitation_1=accept("A"))
    with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=["the old key"]):
        asked(caller, "interview", carried)
    with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=[]):
        refused(send(caller, "interview", carried))


def test_state_is_spent_once_where_the_tool_writes(caller):
    carried = answered(asked(caller, "rename"), name=accept("Ada"))
    assert text_of(send(caller, "rename", carried)) == "Hello, Ada!"
    carried["inputResponses"] = {"name": accept("Eve")}
    assert "already" in refused(send(caller, "rename", carried))
    caller.person.refresh_from_db()
    assert caller.person.first_name == "Ada"


def test_state_is_good_many_times_where_the_tool_only_reads(caller):
    first = asked(caller, "interview")
    second = asked(caller, "interview", answered(first, elicitation_1=accept("A")))
    for _ in range(2):
        assert text_of(send(caller, "interview", answered(second, elicitation_2=accept("B")))) == "A B"


def test_attempt_that_failed_does_not_spend_it(caller):
    first = asked(caller, "rename")
    refused(send(caller, "rename", answered(first, name=accept(1))))
    assert text_of(send(caller, "rename", answered(first, name=accept("Ada")))) == "Hello, Ada!"


def test_answers_without_a_state_confirm_no_change(caller):
    """Nobody was asked: a client must not answer in advance what a person is to confirm."""
    message = refused(send(caller, "rename", {"inputResponses": {"name": accept("Eve")}}))
    assert "requestState" in message
    caller.person.refresh_from_db()
    assert caller.person.first_name == ""
    event = Event.objects.get(kind="mcp")
    assert (event.outcome, event.reason, event.action) == ("refused", "-32602", "tools/call rename")


def test_answers_to_questions_that_the_state_does_not_hold_are_ignored(caller):
    """Spec (basic/patterns/mrtr): "the server SHOULD ignore any information it does not recognize or need"."""
    first = asked(caller, "interview")
    second = asked(caller, "interview", answered(first, elicitation_1=accept("A"), elicitation_2=accept("Eve")))
    assert set(second["inputRequests"]) == {"elicitation_2"}


@pytest.mark.parametrize("answers", [None, {}])
def test_no_answers_are_no_reason_to_refuse(caller, answers):
    assert asked(caller, "rename", {"inputResponses": answers})["inputRequests"]


def test_bad_state_is_recorded_with_its_reason(caller):
    refused(send(caller, "rename", {"requestState": "nonsense"}))
    event = Event.objects.get(kind="mcp")
    assert (event.outcome, event.reason, event.action) == ("refused", "-32602", "tools/call rename")
    assert "requestState" in event.detail


def test_state_reveals_nothing(caller):
    first = asked(caller, "interview")
    state = asked(caller, "interview", answered(first, elicitation_1=accept("hunter2")))["requestState"]
    assert b"hunter2" not in base64.urlsafe_b64decode(state)
    assert b"elicitation" not in base64.urlsafe_b64decode(state)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://pay%2Eexample/",
        "https://pay.example./",
        "https://bank.example@pay.example/",
        "https://bank.example\\@pay.example/",
        "https://127.1/",
        "https://pay.example/\n",
        "pay.example",
    ],
)
def test_nobody_is_sent_to_an_address_that_can_be_read_in_several_ways(url):
    with pytest.raises(ValueError, match=r"URI|host|user information|web address"):
        visit("Pay there", url)


@pytest.mark.parametrize("url", ["https://pay.example/?amount=1", "http://localhost:9000/pay"])
def test_people_are_sent_to_web_addresses(url):
    assert visit("Pay there", url).params["url"] == url
