"""The official Python SDK's client answers what tools, prompts and resources ask for, in both eras."""

from typing import Any

import mcp_types
import pytest
from mcp_types import (
    TextContent,
    TextResourceContents,
)

from tests.streams.python_sdk.guest import Guest, refusal, text_of

# The SDK warns of what the modern era is about to leave behind, which is just what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


def test_person_fills_in_a_form(use: Any):
    async def call(guest: Guest) -> tuple[str, Any]:
        guest.answer = {"username": "ada", "email": "ada@example.com"}
        return text_of(await guest.call("test_elicitation", message="Who are you?")), guest.asked[0]

    said, asked = use(call)
    assert said == 'User response: action: accept, content: {"username": "ada", "email": "ada@example.com"}'
    assert (asked.mode, asked.message) == ("form", "Who are you?")
    assert asked.requested_schema["required"] == ["username", "email"]


def test_person_may_decline(use: Any):
    async def call(guest: Guest) -> str:
        guest.answer = None
        return text_of(await guest.call("test_elicitation", message="Who are you?"))

    assert use(call) == "User response: action: decline, content: null"


def test_person_opens_an_address(use: Any):
    async def call(guest: Guest) -> tuple[str, Any]:
        return text_of(await guest.call("pay", amount=5)), guest.asked[0]

    said, asked = use(call)
    assert said == "accept"
    assert (asked.mode, asked.url) == ("url", "https://pay.example.com/?amount=5")


def test_the_clients_model_answers(use: Any):
    assert text_of(use(lambda guest: guest.call("test_sampling", prompt="Capital?"))) == (
        "LLM response: Paris, says the model."
    )


def test_the_client_names_its_folders(use: Any):
    listed = use(lambda guest: guest.call("test_input_required_result_list_roots"))
    assert text_of(listed) == "file:///home/ada/project"


def test_several_questions_at_once_and_one_after_the_other(use: Any):
    async def call(guest: Guest) -> list[str]:
        guest.answer = {"name": "Ada", "color": "green"}
        names = ("test_input_required_result_multiple_inputs", "test_input_required_result_multi_round")
        return [text_of(await guest.call(name)) for name in names]

    assert use(call) == ["Paris, says the model. accept, 1 folders", "accept, accept"]


def test_what_was_written_before_the_question_is_written_once(use: Any):
    async def call(guest: Guest) -> tuple[str, str]:
        guest.answer = {"sure": True}
        said = text_of(await guest.call("rename", name="Ada", tell=True))
        user = (await guest.call("get_user_info")).structured_content
        assert user
        return said, user["name"]

    said, name = use(call)
    assert said.startswith("you are Ada now")
    assert name == "Ada"


def test_a_prompt_and_a_resource_may_ask_too(use: Any):
    async def ask(guest: Guest) -> tuple[str, str]:
        guest.answer = {"context": "tea", "sure": True}
        [message] = (await guest.client.get_prompt("test_input_required_result_prompt")).messages
        [contents] = (await guest.client.read_resource("news://personal")).contents
        assert isinstance(message.content, TextContent)
        assert isinstance(contents, TextResourceContents)
        return message.content.text, contents.text

    assert use(ask) == ("Say something about tea.", "All about you.")


def test_what_the_client_does_not_offer_is_never_used(use: Any, mode: str):
    def ask(guest: Any) -> Any:
        return guest.call("test_sampling", prompt="Capital?")

    if mode == "legacy":
        # Its revisions have no error code for it, so the model is told.
        expected = "This requires a client with the capability sampling."
        assert expected in text_of(use(ask, answers=False))
        return
    error = refusal(use, ask, answers=False)
    assert error.code == mcp_types.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert error.data == {"requiredCapabilities": {"sampling": {}}}
