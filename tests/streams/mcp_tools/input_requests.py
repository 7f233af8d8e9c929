"""Tools that ask the person for a confirmation, or send them to a web page."""

import os

from accounts.models import User
from mcp_api import Context, tool
from tests.streams.mcp_tools.forms import Confirmation


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
    """Give the person another first name, even if asking for the confirmation fails."""
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
