"""The measured tools. Each has the decorator's defaults."""

import asyncio
import time

from mcp_api import Context, expose, search, tool
from tests.benchmarks.notes.models import Note
from tests.benchmarks.notes.views import NoteViewSet

WAIT_SECONDS = 1


@tool
def plain(text: str) -> str:
    """Return the given text unchanged."""
    return text


@tool
def with_context(text: str, context: Context) -> str:
    """Return the given text unchanged, to a person who is known."""
    return f"{context.user.get_username()}: {text}"


@tool
async def asynchronous(text: str) -> str:
    """Return the given text unchanged."""
    return text


@tool
def read_note(number: int) -> str:
    """Return the text of a note."""
    return Note.objects.get(pk=number).text


@tool
def write_note(text: str) -> int:
    """Write a note, and return its number."""
    return Note.objects.create(text=text).pk


@tool
def wait() -> str:
    """Wait for somebody else, in a thread."""
    time.sleep(WAIT_SECONDS)
    return "done"


@tool
async def wait_async() -> str:
    """Wait for somebody else, on the event loop."""
    await asyncio.sleep(WAIT_SECONDS)
    return "done"


search("search_notes", Note.objects.all(), columns=["id", "text"], filters=["text__startswith"], limit=10)
expose(NoteViewSet, actions=["list"])
