"""A modern call that asks its client: input_required, and again with the answers (basic/patterns/mrtr)."""

import pytest

from accounts.models import Event
from mcp_api import Context, prompt, resource
from mcp_api.input_requests.questions import visit
from tests.mcp_api.conftest import error_of, result_of
from tests.mcp_api.input_requests.calls import ALL, Name, accept, answered, asked, send, text_of
from tests.mcp_api.messages import CAPABILITIES_KEY, initialize, legacy, meta, modern

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_tools")]
SAMPLED = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m"}


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


def test_legacy_client_that_cannot_be_asked_gets_an_error_that_the_model_sees(caller):
    """Its requests have no session, in which it could have declared anything."""
    result = result_of(caller.legacy("tools/call", {"name": "rename", "arguments": {}}))
    expected = "The client cannot be asked. It has no session, in which it would be asked."
    assert (result["isError"], result["content"]) == (True, [{"type": "text", "text": expected}])


@pytest.mark.parametrize(
    ("capabilities", "accept", "expected"),
    [
        ({}, "*/*", "This requires a client with the capability elicitation."),
        (
            {"elicitation": {}},
            "application/json",
            "The client cannot be asked. Its request does not accept text/event-stream, on which it would be asked.",
        ),
    ],
)
def test_error_of_a_legacy_client_names_what_it_lacks(caller, capabilities, accept, expected):
    body = initialize("2025-11-25")
    body["params"]["capabilities"] = capabilities
    session = caller.send(body)["Mcp-Session-Id"]
    body, headers = legacy("tools/call", {"name": "rename", "arguments": {}})
    result = result_of(caller.send(body, {**headers, "Mcp-Session-Id": session, "Accept": accept}))
    assert (result["isError"], result["content"][0]["text"]) == (True, expected)
