"""Prompts and the completion of their arguments (spec: server/prompts, server/utilities/completion)."""

from typing import Annotated, Any, Literal

import pytest
from mcp_types import PromptMessage, TextContent
from pydantic import Field

from mcp_api import Context, ToolError, embedded, image, prompt, resource
from tests.mcp_api.conftest import Caller, error_of, misdeclared, result_of
from tests.mcp_api.messages import CAPABILITIES_KEY, initialize, meta, request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def get(caller: Caller, name: str, **arguments: str) -> list[dict[str, Any]]:
    return result_of(caller.modern("prompts/get", {"name": name, "arguments": arguments}))["messages"]


def test_a_string_is_said_by_the_user(caller: Caller) -> None:
    @prompt
    def review(code: str) -> str:
        """Review some code."""
        return f"Please review:\n{code}"

    [message] = get(caller, "review", code="x = 1")
    assert message == {"role": "user", "content": {"type": "text", "text": "Please review:\nx = 1"}}


def test_a_prompt_is_listed_with_its_arguments(caller: Caller) -> None:
    @prompt
    def review(code: Annotated[str, Field(description="What to review")], style: str = "kind") -> str:
        """Review some code."""
        return code

    [listed] = result_of(caller.modern("prompts/list"))["prompts"]
    assert (listed["name"], listed["title"], listed["description"]) == ("review", "Review", "Review some code.")
    assert listed["arguments"] == [
        {"name": "code", "description": "What to review", "required": True},
        {"name": "style", "description": "", "required": False},
    ]


def test_tool_error_of_a_prompt_is_shown_to_the_client(caller: Caller) -> None:
    @prompt
    def review() -> str:
        raise ToolError("There is nothing to review.")

    response = caller.modern("prompts/get", {"name": "review"})
    assert error_of(response) == {"code": -32602, "message": "There is nothing to review."}


def test_a_prompt_may_be_a_conversation_with_pictures_and_resources(caller: Caller) -> None:
    @prompt
    def show(context: Context) -> list[Any]:
        return [
            f"I am {context.user.username}",
            image(b"png"),
            embedded("library://rules", "Be quiet"),
            PromptMessage(role="assistant", content=TextContent(type="text", text="I see.")),
        ]

    messages = get(caller, "show")
    assert [message["role"] for message in messages] == ["user", "user", "user", "assistant"]
    assert [message["content"]["type"] for message in messages] == ["text", "image", "resource", "text"]


@pytest.mark.parametrize(
    "params", [{"name": "nothing"}, {"name": "review"}, {"name": "review", "arguments": {"code": "x", "more": "y"}}]
)
def test_an_unknown_prompt_and_wrong_arguments_are_invalid_parameters(caller: Caller, params: Any) -> None:
    @prompt
    def review(code: str) -> str:
        return code

    response = caller.modern("prompts/get", params)
    assert (response.status_code, error_of(response)["code"]) == (400, -32602)


def test_a_prompt_may_need_a_scope(caller: Caller) -> None:
    prompt(name="secret", scopes=["write"])(lambda: "sesame")
    assert caller.modern("prompts/get", {"name": "secret"}).status_code == 403


def test_two_prompts_of_one_name_are_refused_at_once() -> None:
    prompt(name="one")(lambda: "first")
    with misdeclared("mcp_api.E001", match="one"):
        prompt(name="one")(lambda: "second")


# --- Completion ----------------------------------------------------------------------------


def complete(caller: Caller, ref: dict[str, str], name: str, value: str, **chosen: str) -> dict[str, Any]:
    context = {"context": {"arguments": chosen}} if chosen else {}
    params = {"ref": ref, "argument": {"name": name, "value": value}, **context}
    return result_of(caller.modern("completion/complete", params))["completion"]


def test_an_app_proposes_values(caller: Caller) -> None:
    def titles(typed: str, context: Context) -> list[str]:
        return [title for title in ("Dune", "Dubliners", "Emma", context.user.username) if title.startswith(typed)]

    prompt(name="summarise", complete={"title": titles})(lambda title: title)
    completion = complete(caller, {"type": "ref/prompt", "name": "summarise"}, "title", "Du")
    assert completion == {"values": ["Dune", "Dubliners"], "total": 2, "hasMore": False}


def test_what_was_chosen_already_narrows_what_is_proposed(caller: Caller) -> None:
    def titles(typed: str, author: str = "", year: int = 0) -> list[str]:
        return [f"{typed} {author} {year}"]

    @prompt(complete={"title": titles})
    def summarise(title: str, author: str, year: int, language: str) -> str:
        return title

    ref = {"type": "ref/prompt", "name": "summarise"}
    assert complete(caller, ref, "title", "Du")["values"] == ["Du  0"]
    chosen = {"author": "Herbert", "year": "1965", "language": "en"}
    assert complete(caller, ref, "title", "Du", **chosen)["values"] == ["Du Herbert 1965"]
    wrong = {"ref": ref, "argument": {"name": "title", "value": ""}, "context": {"arguments": {"year": "soon"}}}
    refused = error_of(caller.modern("completion/complete", wrong))
    assert refused["code"] == -32602
    assert "year" in refused["message"]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_proposal_cannot_ask_while_somebody_types(caller: Caller, era: str) -> None:
    def titles(typed: str, context: Context) -> list[str]:
        return [context.elicit("Which?", {"type": "object", "properties": {}}).action]

    prompt(name="summarise", complete={"title": titles})(lambda title: title)
    ref = {"type": "ref/prompt", "name": "summarise"}
    params: dict[str, Any] = {"ref": ref, "argument": {"name": "title", "value": ""}}
    if era == "modern":
        params["_meta"] = {**meta(), CAPABILITIES_KEY: {"elicitation": {}}}
        response = caller.modern("completion/complete", params)
    else:
        begun = initialize("2025-11-25")
        begun["params"]["capabilities"] = {"elicitation": {}}
        session = {"Mcp-Session-Id": caller.send(begun)["Mcp-Session-Id"], "Accept": "text/event-stream"}
        response = caller.send(request("completion/complete", params), session)
    assert error_of(response)["code"] == -32021


def test_the_values_of_a_choice_are_proposed_by_themselves(caller: Caller) -> None:
    @prompt
    def review(style: Literal["kind", "keen", "strict"]) -> str:
        return style

    assert complete(caller, {"type": "ref/prompt", "name": "review"}, "style", "k")["values"] == ["kind", "keen"]


def test_a_templates_variable_is_completed(caller: Caller) -> None:
    @resource("library://books/{title}", complete={"title": lambda typed: [f"{typed}ne"]})
    def book(title: str) -> str:
        return title

    ref = {"type": "ref/resource", "uri": "library://books/{title}"}
    assert complete(caller, ref, "title", "Du")["values"] == ["Dune"]


def test_at_most_a_hundred_values_are_returned(caller: Caller) -> None:
    prompt(name="many", complete={"number": lambda typed: range(250)})(lambda number: number)
    completion = complete(caller, {"type": "ref/prompt", "name": "many"}, "number", "")
    assert (len(completion["values"]), completion["total"], completion["hasMore"]) == (100, 250, True)


@pytest.mark.parametrize(
    ("ref", "argument"),
    [
        ({"type": "ref/prompt", "name": "nothing"}, "x"),
        ({"type": "ref/resource", "uri": "library://nothing"}, "x"),
        ({"type": "ref/prompt", "name": "review"}, "other"),
    ],
)
def test_completing_what_does_not_exist_is_an_invalid_parameter(caller: Caller, ref: Any, argument: str) -> None:
    prompt(name="review")(lambda code: code)
    params = {"ref": ref, "argument": {"name": argument, "value": ""}}
    assert error_of(caller.modern("completion/complete", params))["code"] == -32602
