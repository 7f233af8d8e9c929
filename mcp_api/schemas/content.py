"""Content for the model (spec: server/tools, Tool Result): text, images, audio, resources, links."""

import base64
import typing
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, NewType

from django.utils.functional import Promise
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from typing_extensions import TypeAliasType

from mcp_api.errors import AuthorError
from mcp_api.schemas.rows import is_rows, unfit


class UnfitContent(AuthorError, TypeError):
    """A value that cannot be content."""


Block = TextContent | ImageContent | AudioContent | EmbeddedResource | ResourceLink
BLOCKS = (TextContent, ImageContent, AudioContent, EmbeddedResource, ResourceLink)
CONTENT = {*BLOCKS, CallToolResult}
# Types whose values are lists of what stands first in their brackets.
LISTS = (list, Sequence, Collection, Iterable, Iterator, Generator)


def image(data: bytes, mime_type: str = "image/png") -> ImageContent:
    """Return an image as content for the model."""
    return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type=mime_type)


def audio(data: bytes, mime_type: str = "audio/wav") -> AudioContent:
    """Return audio as content for the model."""
    return AudioContent(type="audio", data=base64.b64encode(data).decode(), mime_type=mime_type)


def embedded(uri: str, value: str | bytes, mime_type: str = "text/plain") -> EmbeddedResource:
    """Return a resource that is embedded in the result."""
    return EmbeddedResource(type="resource", resource=resource_contents(uri, value, mime_type))


def resource_contents(uri: str, value: str | bytes, mime_type: str) -> TextResourceContents | BlobResourceContents:
    if isinstance(value, bytes):
        return BlobResourceContents(uri=uri, blob=base64.b64encode(value).decode(), mime_type=mime_type)
    return TextResourceContents(uri=uri, text=value, mime_type=mime_type)


def is_content(annotation: Any) -> bool:
    """Return whether a function with this return type returns content, and has no structured result.

    Content is a block, text beside blocks, None for nothing, a list or tuple of those, or a whole CallToolResult.
    """
    kinds = set(_kinds(annotation))
    return bool(kinds & CONTENT) and kinds <= {*CONTENT, str, type(None), ...}


def may_be_content(annotation: Any) -> bool:
    """Return whether only the value tells whether it is content: `Any`, a list of it, or content or something else."""
    return not is_content(annotation) and not {Any, *CONTENT}.isdisjoint(_kinds(annotation))


def mixed_tuples(annotation: Any) -> Iterator[Any]:
    """The tuples in `annotation` of which one element is always a block, and another is never content."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple and arguments:
        kinds = [set(_kinds(each)) for each in arguments]
        has_block = any(found and found <= {*BLOCKS} for found in kinds)
        if has_block and any(found.isdisjoint({*CONTENT, str, type(None), Any, Promise, ...}) for found in kinds):
            yield annotation
    for each in arguments:
        yield from mixed_tuples(each)


def has_content(value: Any) -> bool:
    """Return whether `value` is a block, or a list or tuple with blocks in it."""
    return isinstance(value, BLOCKS) or (
        isinstance(value, list | tuple) and any(isinstance(item, BLOCKS) for item in value)
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types in an annotation, without sequences, unions, aliases and Annotated around them."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated or origin in LISTS:
        yield from _kinds(arguments[0])
    elif origin in (tuple, typing.Union, UnionType):
        for argument in arguments:
            yield from _kinds(argument)
    elif annotation in (list, tuple):
        yield Any
    elif isinstance(annotation, NewType):
        yield from _kinds(annotation.__supertype__)
    elif isinstance(annotation, TypeAliasType):
        yield from _kinds(annotation.__value__)
    elif origin is Literal:
        yield from map(type, arguments)
    else:
        yield annotation


def as_blocks(value: Any) -> list[dict[str, Any]]:
    """Return a block, or a list of blocks and strings, in its JSON form. Raises UnfitContent for anything else."""
    values = value if isinstance(value, list | tuple) else [value]
    return [as_block(item) for item in values if item is not None]


def as_block(value: Any) -> dict[str, Any]:
    if isinstance(value, str | Promise):
        value = TextContent(type="text", text=str(value))
    if not isinstance(value, BLOCKS):
        raise UnfitContent(unfit(value) if is_rows(value) else f"{type(value).__name__} is neither text nor content.")
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)
