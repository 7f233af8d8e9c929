"""Tools that the harness calls by name: its scenarios say what each of these takes and returns."""

import io
import json
import struct
import time
import wave
import zlib
from typing import Annotated, Any, Literal

from mcp_types import AudioContent, EmbeddedResource, ImageContent
from pydantic import BaseModel, ConfigDict, Field

from mcp_api import (
    Context,
    ToolError,
    audio,
    embedded,
    image,
    prompt,
    prompts_changed,
    questions,
    resource,
    tool,
    tools_changed,
)


def picture() -> bytes:
    """A PNG of a single red pixel."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"\x00\xff\x00\x00"),
        b"IEND": b"",
    }
    written = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def sound() -> bytes:
    """A WAV of ten milliseconds of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(8000)
        recording.writeframes(b"\x80" * 80)
    return file.getvalue()


# --- Tools -----------------------------------------------------------------------------------


@tool(read_only=True)
def test_simple_text() -> str:
    """Return a text."""
    return "A text, and nothing else."


@tool(read_only=True)
def test_image_content() -> ImageContent:
    """Return a picture."""
    return image(picture())


@tool(read_only=True)
def test_audio_content() -> AudioContent:
    """Return a sound."""
    return audio(sound())


@tool(read_only=True)
def test_embedded_resource() -> EmbeddedResource:
    """Return a resource that comes along with the answer."""
    return embedded("test://embedded-resource", "A resource inside an answer.")


@tool(read_only=True)
def test_multiple_content_types() -> list[str | ImageContent | EmbeddedResource]:
    """Return a text, a picture and a resource at once."""
    note = embedded("test://mixed-content-resource", '{"kinds": 3}', "application/json")
    return ["A text, a picture and a resource:", image(picture()), note]


@tool(read_only=True)
def test_error_handling() -> str:
    """Fail, always, and say so."""
    raise ToolError("This tool always fails.")


class address(BaseModel):  # noqa: N801 - the harness looks for a definition of this name
    model_config = ConfigDict(json_schema_extra={"$anchor": "addressDef"})

    street: str = ""
    city: str = ""


@tool(
    read_only=True,
    schema={
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
    },
)
def json_schema_2020_12_tool(
    name: str = "",
    address: address | None = None,
    contactMethod: Literal["phone", "email"] = "email",  # noqa: N803 - the harness's spelling
    phone: str = "",
    email: str = "",
) -> str:
    """Return the city of an address; what counts is the schema of its arguments."""
    return address.city if address else ""


@tool(read_only=True)
def test_custom_header(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Return the region, which clients repeat in a header."""
    return region


# --- Tools that speak before they end ----------------------------------------------------------


@tool(read_only=True)
def test_tool_with_logging(context: Context) -> str:
    """Log three messages, one after the other."""
    for step in ("begun", "half done", "done"):
        context.log(step)
        time.sleep(0.05)
    return "Logged three times."


@tool(read_only=True)
def test_logging_tool(context: Context) -> str:
    """Log a message, for whoever wants any."""
    context.log("Somebody wanted to know.")
    return "Logged."


@tool(read_only=True)
def test_tool_with_progress(context: Context) -> str:
    """Report progress three times."""
    for done in (0, 50, 100):
        context.progress(done, 100, f"{done} of 100")
        time.sleep(0.05)
    return "All done."


@tool(read_only=True)
def test_reconnection(context: Context) -> str:
    """End the connection before the result is there."""
    context.close_sse_stream()
    time.sleep(0.3)
    return "Worth coming back for."


# --- Tools that ask ----------------------------------------------------------------------------


class Name(BaseModel):
    name: str


class Topic(BaseModel):
    context: str


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


def told(answer: questions.Elicited[Any]) -> str:
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
    """Ask the person who they are."""
    return f"User response: {told(context.elicit(message, Contact))}"


@tool(read_only=True)
def test_elicitation_sep1034_defaults(context: Context) -> str:
    """Show a form that is filled in already."""
    return f"Elicitation completed: {told(context.elicit('Is this right?', Defaults))}"


@tool(read_only=True)
def test_elicitation_sep1330_enums(context: Context) -> str:
    """Show a form of every kind of choice."""
    return f"Elicitation completed: {told(context.elicit('Which?', CHOICES))}"


@tool(read_only=True)
def test_missing_capability(context: Context) -> str:
    """Ask the client's model, whether or not it has one."""
    return said(context.sample("Are you there?"))


@tool(read_only=True)
def test_streaming_elicitation(context: Context) -> str:
    """Speak, then ask."""
    context.progress(1, 2)
    return told(context.elicit("Go on?", Confirmation))


@tool(read_only=True)
def test_input_required_result_elicitation(context: Context) -> str:
    """Greet the person by the name that they give."""
    answer = context.elicit("What is your name?", Name, key="user_name")
    return f"Hello, {answer.data.name if answer.accepted else 'whoever you are'}!"


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
    """Ask, and go on where it was."""
    context.elicit("Please confirm", Confirmation, key="confirm")
    return "state-ok"


@tool(read_only=True)
def test_input_required_result_tampered_state(context: Context) -> str:
    """Ask, and believe only its own state."""
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
    """Ask whatever the client can answer."""
    possible: dict[str, questions.InputRequest[Any]] = {
        "elicitation": questions.form("What is your name?", Name),
        "sampling": questions.sampling("Generate a greeting", max_tokens=50),
        "roots": questions.roots(),
    }
    context.ask(**{capability: question for capability, question in possible.items() if context.can(capability)})
    return "Asked all that could be asked."


# --- Tools that tell of changes ------------------------------------------------------------------


@tool
def test_trigger_tool_change() -> str:
    """Say that there are other tools now."""
    tools_changed()
    return "Told."


@tool
def test_trigger_prompt_change() -> str:
    """Say that there are other prompts now."""
    prompts_changed()
    return "Told."


# --- Resources -------------------------------------------------------------------------------


@resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "A text that never changes."


@resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """A picture that never changes."""
    return picture()


@resource("test://template/{id}/data", mime_type="application/json")
def template(id: str) -> dict[str, str]:
    """What is known of an id."""
    return {"id": id, "data": f"All that is known of {id}."}


@resource("test://watched-resource", mime_type="text/plain")
def watched_resource() -> str:
    """A text that clients subscribe to."""
    return "A text worth watching."


# --- Prompts ---------------------------------------------------------------------------------


def words(typed: str) -> list[str]:
    return [word for word in ("test", "testing", "paris", "park") if word.startswith(typed)]


@prompt
def test_simple_prompt() -> str:
    """Say a sentence."""
    return "A prompt that asks for nothing."


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
    """Say something about what the person names."""
    answer = context.elicit("What context should be used?", Topic, key="user_context")
    return f"Say something about {answer.data.context if answer.accepted else 'anything'}."
