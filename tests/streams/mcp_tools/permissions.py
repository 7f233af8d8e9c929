"""Tools, resources and prompts that require a permission or a scope, which a person may lose."""

import time

from accounts.models import User
from mcp_api import Context, prompt, resource, tool
from tests.streams.mcp_tools.forms import Confirmation

PERMISSION = "oauth_mcp.view_event"


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
    """Close the stream; the client reconnects for the result."""
    context.progress(1)
    context.close_sse_stream()
    context.progress(2, message="the guarded secret")
    time.sleep(seconds)
    return "the guarded secret"


@tool(scopes=["read"])
def write_after_leaving(context: Context, name: str, seconds: float) -> str:
    """Close the stream, and write some seconds later."""
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
    """The news for people with the permission."""
    return f"The guarded secret: {context.elicit('Show it?', Confirmation).action}"


@prompt(permission=PERMISSION)
def guarded_prompt(context: Context) -> str:
    """A prompt for people with the permission."""
    return f"The guarded secret: {context.elicit('Show it?', Confirmation).action}"
