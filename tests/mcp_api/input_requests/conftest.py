"""Tools that ask their client."""

import pytest

from mcp_api import Context, tool
from mcp_api.input_requests.questions import form, roots, sampling
from tests.mcp_api.input_requests.calls import Name


@pytest.fixture
def asking_tools(isolated_registry: None) -> None:
    @tool
    def rename(context: Context, polite: bool = False) -> str:
        context.user.first_name = "asked"
        context.user.save()
        answer = context.elicit("Your name, please?" if polite else "Name?", Name, key="name")
        if not answer.accepted:
            return answer.action
        context.user.first_name = answer.data.name
        context.user.save()
        return f"Hello, {answer.data.name}!"

    @tool(read_only=True)
    def interview(context: Context) -> str:
        first, second = context.elicit("First?", Name), context.elicit("Second?", Name)
        return f"{first.data.name} {second.data.name}"

    @tool(read_only=True)
    def many(context: Context) -> str:
        told = context.ask(who=form("Who?", Name), what=sampling("What?", max_tokens=9), where=roots())
        return f"{told['who'].data.name} {told['what'].content.text} {len(told['where'])}"

    @tool(read_only=True)
    def send_away(context: Context) -> str:
        return context.elicit_url("Go there", "https://example.com/there").action
