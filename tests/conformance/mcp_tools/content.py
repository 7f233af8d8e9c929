"""Tools that return content of each type, fail, or have a schema of their own."""

from typing import Annotated, Literal

from mcp_types import AudioContent, EmbeddedResource, ImageContent
from pydantic import BaseModel, ConfigDict, Field

from mcp_api import ToolError, audio, embedded, image, tool
from tests.conformance.mcp_tools.media import picture, sound


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
    """Fail with an error message."""
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
    """Return the city of an address. Its arguments have JSON Schema keywords of their own."""
    return address.city if address else ""


@tool(read_only=True)
def test_custom_header(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Return the region, which clients repeat in a header."""
    return region
