"""Prompts, one of which asks the client for input."""

from typing import Annotated

from mcp_types import EmbeddedResource, ImageContent
from pydantic import BaseModel, Field

from mcp_api import Context, embedded, image, prompt
from tests.conformance.mcp_tools.media import picture


class Topic(BaseModel):
    context: str


def words(typed: str) -> list[str]:
    return [word for word in ("test", "testing", "paris", "park") if word.startswith(typed)]


@prompt
def test_simple_prompt() -> str:
    """Say a sentence."""
    return "A prompt without arguments."


@prompt(complete={"arg1": words})
def test_prompt_with_arguments(
    arg1: Annotated[str, Field(description="The first word")],
    arg2: Annotated[str, Field(description="The second word")],
) -> str:
    """Say two words that the client chooses."""
    return f"The words are {arg1} and {arg2}."


@prompt
def test_prompt_with_embedded_resource(
    resourceUri: Annotated[str, Field(description="Where the resource is")],  # noqa: N803 - the harness's spelling
) -> list[EmbeddedResource | str]:
    """Show a resource and ask about it."""
    return [embedded(resourceUri, "A resource inside a prompt."), "What does the resource say?"]


@prompt
def test_prompt_with_image() -> list[ImageContent | str]:
    """Show a picture and ask about it."""
    return [image(picture()), "What colour is the picture?"]


@prompt
def test_input_required_result_prompt(context: Context) -> str:
    """Write about a topic that the person chooses."""
    answer = context.elicit("What context should be used?", Topic, key="user_context")
    return f"Say something about {answer.data.context if answer.accepted else 'anything'}."
