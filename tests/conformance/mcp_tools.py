"""What the harness calls by name: its scenarios say what each of these takes and returns."""

import io
import struct
import wave
import zlib
from typing import Annotated, Literal

from mcp_types import AudioContent, EmbeddedResource, ImageContent
from pydantic import BaseModel, ConfigDict, Field

from mcp_api import ToolError, audio, embedded, image, prompt, resource, tool


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


@tool(read_only=True)
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
