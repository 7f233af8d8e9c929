"""Tools that speak before they end, ask, or never come to an end by themselves."""

import asyncio
import datetime
import os
import time
from typing import Annotated, Literal
from uuid import UUID

from django.db import connection
from pydantic import BaseModel, Field

from accounts.models import User
from mcp_api import (
    Context,
    Icon,
    ResourceLink,
    prompt,
    prompts_changed,
    resource,
    resource_updated,
    resources_changed,
    tool,
    tools_changed,
)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]


ShortPin = Annotated[str, Field(max_length=4, pattern="^[0-9]+$")]


class PinForm(BaseModel):
    pin: ShortPin
    colour: Literal["red", "green"] = "red"


class Confirmation(BaseModel):
    sure: Annotated[bool, Field(description="Whether to go on")]


@tool(read_only=True)
def count(context: Context, to: int, pause: float = 0.05) -> str:
    """Count, telling each number."""
    for number in range(1, to + 1):
        context.progress(number, to, f"At {number}")
        context.log(f"counted {number}", "debug")
        time.sleep(pause)
    return f"counted to {to}"


@tool(read_only=True)
def silent(context: Context, seconds: float) -> str:
    """Say nothing for a while, unless nobody waits any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if context.cancelled:
            # Told to the test by the server's log.
            print("silent saw that it was cancelled", flush=True)
            return "given up"
        time.sleep(0.05)
    return "done"


@tool(read_only=True)
def faulty(context: Context) -> str:
    """Fail as no tool should."""
    raise RuntimeError("on purpose")


@tool(read_only=True)
async def sleep(context: Context, seconds: float) -> str:
    """Sleep in an event loop."""
    context.progress(1)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("sleep was cancelled", flush=True)
        raise
    return "slept"


@tool(scopes=["read"])
def rename(context: Context, name: str, tell: bool = False) -> str:
    """Give the person another first name, once they confirm it."""
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    if tell:
        context.progress(1)
    answer = context.elicit(f"Call you {name}?", Confirmation)
    if not answer.accepted or not answer.data.sure:
        return "left as it was"
    return f"you are {name} now, says process {os.getpid()}"


@tool(scopes=["read"])
def rename_carelessly(context: Context, name: str) -> str:
    """Give the person another first name, and take for a yes whatever comes."""
    sure = True
    try:
        sure = context.elicit(f"Call you {name}?", Confirmation).accepted
    except:  # noqa: E722 - that is what is caught
        User.objects.filter(pk=context.user.pk).update(first_name="nobody asked")
    if sure:
        User.objects.filter(pk=context.user.pk).update(first_name=name)
    return f"sure: {sure}"


@tool(read_only=True)
def interview(context: Context) -> str:
    """Ask two things, one after the other."""
    first = context.elicit("Sure?", Confirmation, key="first")
    second = context.elicit("Really?", Confirmation, key="second")
    return f"{first.action} {second.action}"


@tool(read_only=True)
def pay(context: Context, amount: int) -> str:
    """Send the person where they can pay."""
    return context.elicit_url("Pay here", f"https://pay.example.com/?amount={amount}").action


@tool(scopes=["read"])
def write_slowly(context: Context, name: str, seconds: float) -> str:
    """Give the person another first name, and take long about it."""
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    for step in range(int(seconds / 0.05)):
        context.progress(step + 1)
        time.sleep(0.05)
    return "written"


@tool(timeout=1)
def overstay(name: str, seconds: float, speak: bool = False) -> str:
    """Give demo another first name, and take longer than allowed, deaf to everything."""
    User.objects.filter(username="demo").update(first_name=name)
    deaf_until(time.monotonic() + seconds)
    User.objects.filter(username="demo").update(last_name=name)
    return "too late"


@tool(timeout=1, read_only=True)
def overstay_talking(context: Context, seconds: float) -> str:
    """Speak, and take longer than allowed."""
    context.progress(1)
    deaf_until(time.monotonic() + seconds)
    return "too late"


@tool(timeout=1, read_only=True)
def write_late(name: str) -> str:
    """Only read, it says; but write when the time is over."""
    deaf_until(time.monotonic() + 2)
    try:
        User.objects.filter(username="demo").update(last_name=name)
    finally:
        print("write_late has ended", flush=True)
    return "too late"


@tool(timeout=1, read_only=True)
def write_late_anew(name: str) -> str:
    """Only read, it says; but when the time is over, connect to the database again, and write."""
    connection.close()
    deaf_until(time.monotonic() + 2)
    try:
        User.objects.filter(username="demo").update(last_name=name)
    finally:
        print("write_late_anew has ended", flush=True)
    return "too late"


@tool(timeout=1, read_only=True)
async def overstay_asynchronously() -> str:
    """Wait for longer than allowed."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("overstay_asynchronously was stopped", flush=True)
        raise
    return "too late"


@prompt(timeout=1)
def overlong() -> str:
    """Take long to be found."""
    deaf_until(time.monotonic() + 3)
    return "Too late."


def deaf_until(moment: float) -> None:
    while time.monotonic() < moment:
        time.sleep(0.01)


@tool(read_only=True)
def leave(context: Context, seconds: float) -> str:
    """Let the client go and come back for the rest."""
    context.progress(1)
    context.close_sse_stream()
    context.progress(2)
    time.sleep(seconds)
    return "worth coming back for"


@tool(read_only=True)
def flood(context: Context, messages: int) -> str:
    """Tell more than anyone can read."""
    for number in range(messages):
        context.progress(number + 1)
    return "flooded"


@tool(read_only=True, title="Point to news", icons=[Icon(src="https://example.com/news.png", mime_type="image/png")])
def point(topic: str) -> ResourceLink:
    """Tell where the news are."""
    return ResourceLink(type="resource_link", uri=f"news://{topic}", name=topic)


@tool(scopes=["read"])
def announce(what: str, uri: str = "") -> str:
    """Say that something changed."""
    if what == "resource":
        resource_updated(uri)
    else:
        {"tools": tools_changed, "prompts": prompts_changed, "resources": resources_changed}[what]()
    return "announced"


@tool(scopes=["read"])
def announce_and_go_on(seconds: float) -> str:
    """Say that there are other prompts now, and that long before it is committed."""
    prompts_changed()
    time.sleep(seconds)
    return "announced"


def topics(typed: str) -> list[str]:
    return [topic for topic in ("science", "sport", "weather") if topic.startswith(typed)]


def places(typed: str, topic: str = "") -> list[str]:
    return [f"{typed} in {topic}"]


@resource("news://{topic}/at{/place}{?day,hour}", complete={"place": places})
def local_news(topic: str, place: str = "home", day: str = "today", hour: int = 12) -> str:
    """The news of a place."""
    return f"{topic} at {place}, {day} at {hour}"


@resource("news://{topic}", complete={"topic": topics})
def news(topic: str) -> str:
    """The news."""
    return f"Nothing new about {topic}."


@resource("news://secret", scopes=["write"])
def secret_news() -> str:
    """The news for those who may write."""
    return "Nothing new."


@resource("news://personal")
def personal_news(context: Context) -> str:
    """The news about whoever reads it, if they like."""
    answer = context.elicit("Show it?", Confirmation)
    return "All about you." if answer.accepted and answer.data.sure else "Nothing."


# More than fit on a page.
for number in range(120):

    @prompt(name=f"saying_{number}")
    def saying() -> str:
        """Something to say."""
        return "Something."


# --- Without a time limit, or with that of the server ----------------------------------------------

SLOW_SECONDS = 6


def slow_topics(typed: str) -> list[str]:
    time.sleep(SLOW_SECONDS)
    return [typed]


async def endless_topics(typed: str) -> list[str]:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("endless_topics was stopped", flush=True)
        raise
    return [typed]


@prompt(complete={"slow": slow_topics, "endless": endless_topics})
def proposals(slow: str = "", endless: str = "") -> str:
    """Something to say that takes long to choose."""
    return f"{slow} {endless}"


@resource("slow://news", timeout=None)
def slow_news() -> str:
    """The news, some time later."""
    time.sleep(SLOW_SECONDS)
    return "Nothing new."


@prompt(timeout=None)
def slow_prompt() -> str:
    """Something to say, some time later."""
    time.sleep(SLOW_SECONDS)
    return "Nothing."


@tool(read_only=True, timeout=None)
def slow_reading() -> str:
    """Read for a while, without a time limit."""
    time.sleep(SLOW_SECONDS)
    return "read"


@tool(scopes=["read"], timeout=None)
def slow_writing() -> str:
    """Write for a while, without a time limit."""
    time.sleep(SLOW_SECONDS)
    return "written"


# --- For people with a permission, who may lose it -------------------------------------------------

PERMISSION = "accounts.view_event"


@tool(scopes=["read"], permission=PERMISSION)
def guarded_rename(context: Context, name: str) -> str:
    """Give the person another first name, once they confirm it."""
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    return context.elicit("Sure?", Confirmation).action


@tool(read_only=True, permission=PERMISSION)
def guarded_sampling(context: Context) -> str:
    """Let the client's model answer."""
    return str(context.sample("Say something", max_tokens=10).role)


@tool(read_only=True, permission=PERMISSION)
def guarded_roots(context: Context) -> str:
    """Count the client's folders."""
    return f"{len(context.roots())} folders"


@tool(read_only=True, permission=PERMISSION)
def guarded_leave(context: Context, seconds: float) -> str:
    """Let the client go and come back for the rest."""
    context.progress(1)
    context.close_sse_stream()
    context.progress(2, message="the guarded secret")
    time.sleep(seconds)
    return "the guarded secret"


@tool(scopes=["read"])
def write_after_leaving(context: Context, name: str, seconds: float) -> str:
    """Let the client go, and write a long time after it went."""
    context.close_sse_stream()
    time.sleep(seconds)
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    return "written"


@tool(scopes=["write"])
def rename_as_writer(context: Context, name: str) -> str:
    """Give the person another first name, once they confirm it; needs the scope to write."""
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    return context.elicit("Sure?", Confirmation).action


@resource("guarded://news", permission=PERMISSION)
def guarded_news(context: Context) -> str:
    """The news for those who may read it."""
    return f"The guarded secret: {context.elicit('Show it?', Confirmation).action}"


@prompt(permission=PERMISSION)
def guarded_prompt(context: Context) -> str:
    """Something to say for those who may."""
    return f"The guarded secret: {context.elicit('Show it?', Confirmation).action}"


# --- For input that must not be repeated -------------------------------------------------------------

PIN_SCHEMA = {
    "type": "object",
    "properties": {
        "pin": {"type": "string", "maxLength": 4, "pattern": "^[0-9]+$"},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "count": {"type": "integer"},
    },
    "required": ["pin"],
    "additionalProperties": False,
}


@tool(read_only=True, schema={"maxProperties": 3, "propertyNames": {"maxLength": 8}})
def enroll(
    context: Context,
    *,
    pin: ShortPin = "1",
    colour: Literal["red", "green"] = "red",
    count: int = 0,
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None,
    counts: dict[str, int] | None = None,
    when: datetime.date | None = None,
    key: UUID | None = None,
) -> str:
    """Ask for a PIN, by a model."""
    return context.elicit("Your PIN?", PinForm, key="pin").action


@tool(read_only=True)
def enroll_by_schema(context: Context) -> str:
    """Ask for a PIN, by a JSON Schema."""
    return context.elicit("Your PIN?", PIN_SCHEMA, key="pin").action


@prompt(complete={"pin": topics})
def enroll_prompt(pin: ShortPin) -> str:
    """Say a PIN."""
    return "Said."


@resource("pin://{pin}")
def pin_number(pin: int) -> str:
    """What is known of a number."""
    return "Nothing."
