"""Tools that ask the client for input: forms, sampling and roots."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from mcp_api import Context, questions, tool


class Name(BaseModel):
    name: str


class Colour(BaseModel):
    color: str


class Confirmation(BaseModel):
    ok: bool


class Contact(BaseModel):
    username: Annotated[str, Field(description="What to call you")]
    email: Annotated[str, Field(description="Where to write to")]


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


CHOICES = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {
            "type": "string",
            "oneOf": [{"const": f"value{n}", "title": f"The {n}."} for n in (1, 2, 3)],
        },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["The 1.", "The 2.", "The 3."],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {
            "type": "array",
            "items": {"anyOf": [{"const": f"value{n}", "title": f"The {n}."} for n in (1, 2, 3)]},
        },
    },
    "required": [],
}


def described(answer: questions.Elicited[Any]) -> str:
    content = answer.data.model_dump(mode="json") if isinstance(answer.data, BaseModel) else answer.data
    return f"action: {answer.action}, content: {json.dumps(content)}"


@tool(read_only=True)
def test_sampling(prompt: str, context: Context) -> str:
    """Let the client's model answer."""
    return f"LLM response: {said(context.sample(prompt, max_tokens=100))}"


def said(answer: Any) -> str:
    return answer.content.text


@tool(read_only=True)
def test_elicitation(message: str, context: Context) -> str:
    """Ask for the name and address of the person."""
    return f"User response: {described(context.elicit(message, Contact))}"


@tool(read_only=True)
def test_elicitation_sep1034_defaults(context: Context) -> str:
    """Show a form that is filled in already."""
    return f"Elicitation completed: {described(context.elicit('Is this right?', Defaults))}"


@tool(read_only=True)
def test_elicitation_sep1330_enums(context: Context) -> str:
    """Show a form of every kind of choice."""
    return f"Elicitation completed: {described(context.elicit('Which?', CHOICES))}"


@tool(read_only=True)
def test_missing_capability(context: Context) -> str:
    """Ask the client's model, without checking that the client supports sampling."""
    return said(context.sample("Are you there?"))


@tool(read_only=True)
def test_streaming_elicitation(context: Context) -> str:
    """Report progress, then ask."""
    context.progress(1, 2)
    return described(context.elicit("Go on?", Confirmation))


@tool(read_only=True)
def test_input_required_result_elicitation(context: Context) -> str:
    """Greet the person by the name that they give."""
    answer = context.elicit("What is your name?", Name, key="user_name")
    return f"Hello, {answer.data.name if answer.accepted else 'stranger'}!"


@tool(read_only=True)
def test_input_required_result_sampling(context: Context) -> str:
    """Ask the client's model for a capital."""
    return said(context.sample("What is the capital of France?", max_tokens=100, key="capital_question"))


@tool(read_only=True)
def test_input_required_result_list_roots(context: Context) -> str:
    """Name the client's folders."""
    return ", ".join(str(root.uri) for root in context.roots(key="client_roots"))


@tool
def test_input_required_result_request_state(context: Context) -> str:
    """Ask for a confirmation, and continue."""
    context.elicit("Please confirm", Confirmation, key="confirm")
    return "state-ok"


@tool(read_only=True)
def test_input_required_result_tampered_state(context: Context) -> str:
    """Ask for a confirmation; a state that was changed is refused."""
    context.elicit("Please confirm", Confirmation, key="confirm")
    return "state-ok"


@tool(read_only=True)
def test_input_required_result_multiple_inputs(context: Context) -> str:
    """Ask three things at once."""
    answers = context.ask(
        user_name=questions.form("What is your name?", Name),
        greeting=questions.sampling("Generate a greeting", max_tokens=50),
        client_roots=questions.roots(),
    )
    return f"{said(answers['greeting'])} {answers['user_name'].action}, {len(answers['client_roots'])} folders"


@tool(read_only=True)
def test_input_required_result_multi_round(context: Context) -> str:
    """Ask two things, one after the other."""
    name = context.elicit("Step 1: What is your name?", Name, key="step1")
    colour = context.elicit("Step 2: What is your favorite color?", Colour, key="step2")
    return f"{name.action}, {colour.action}"


@tool(read_only=True)
def test_input_required_result_capabilities(context: Context) -> str:
    """Ask for each input that the client supports."""
    possible: dict[str, questions.InputRequest[Any]] = {
        "elicitation": questions.form("What is your name?", Name),
        "sampling": questions.sampling("Generate a greeting", max_tokens=50),
        "roots": questions.roots(),
    }
    context.ask(**{capability: question for capability, question in possible.items() if context.can(capability)})
    return "Asked for each supported input."
