"""The tool that the decorator makes of a function."""

from typing import Any

import pytest

from accounts.resource_server.bearer import Principal
from mcp_api import Context, Icon, mcp_tools, prompt, resource, tool
from mcp_api.calls.call import Call
from mcp_api.methods.runner import run
from mcp_api.protocol.messages import Request
from mcp_api.registry import tools as registry
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import misdeclared
from tests.support.factories import make_authorization, make_client, make_tokens, make_user


@pytest.fixture
def ada(db) -> Principal:
    access, _, _ = make_tokens(make_authorization(make_user("ada"), make_client()))
    principal = Principal.of(access)
    assert principal is not None
    return principal


def run_tool(declared: Tool, arguments: dict[str, Any], principal: Principal) -> Any:
    call = Call(Request(1, "tools/call", {"name": declared.name}, "2025-11-25"), principal, None)
    return run(declared.function, declared.arguments, arguments, call)


def annotations(declared: Tool) -> tuple[bool, ...]:
    """Read-only, destructive, idempotent, open world."""
    hints = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    assert set(declared.annotations) == set(hints)
    return tuple(declared.annotations[hint] for hint in hints)


def test_the_demo_tools_are_found_and_only_read(tools):
    assert set(tools) >= {"echo", "get_time", "get_user_info"}
    for name in ("echo", "get_time", "get_user_info"):
        assert tools[name].read_only
        assert tools[name].scopes == ("read",)


def test_decorator_without_arguments_takes_all_from_the_function(tools):
    @tool
    def count_words(text: str) -> int:
        """Count the words.

        However many.
        """
        return len(text.split())

    declared = tools["count_words"]
    assert (declared.title, declared.scopes, declared.read_only) == ("Count words", ("read",), False)
    assert declared.description == "Count the words.\n\nHowever many."
    assert count_words("a b") == 2


def test_decorator_with_arguments_says_the_rest(tools):
    @tool(name="words.count", title="How many words?", scopes=["read", "write"])
    def count_words(text: str) -> int:
        return len(text.split())

    declared = tools["words.count"]
    assert (declared.title, declared.scopes, declared.description) == ("How many words?", ("read", "write"), "")
    assert "count_words" not in tools
    assert count_words("a b") == 2


def test_decorator_with_empty_parentheses_is_one_without_arguments(tools):
    @tool()
    def nothing() -> None: ...

    assert tools["nothing"].title == "Nothing"


def test_tool_is_destructive_until_it_says_otherwise(tools):
    @tool
    def careless() -> None: ...

    @tool(read_only=True)
    def reads() -> None: ...

    @tool(destructive=False, idempotent=True)
    def adds() -> None: ...

    @tool(open_world=True)
    def reaches_out() -> None: ...

    assert annotations(tools["careless"]) == (False, True, False, False)
    assert annotations(tools["reads"]) == (True, False, True, False)
    assert annotations(tools["adds"]) == (False, False, True, False)
    assert annotations(tools["reaches_out"]) == (False, True, False, True)


def test_icons_are_listed_in_the_form_of_the_protocol(tools):
    @tool(icons=[Icon(src="https://example.com/a.svg", mime_type="image/svg+xml", sizes=["any"])])
    def pictured() -> None: ...

    assert tools["pictured"].icons == [
        {"src": "https://example.com/a.svg", "mimeType": "image/svg+xml", "sizes": ["any"]}
    ]


@pytest.mark.parametrize("src", ["javascript:alert(1)", "file:///etc/passwd", "//example.com/a.png", "a.png", ""])
def test_icon_that_clients_must_reject_is_refused(tools, isolated_registry, src):
    for declare in (tool(name="a", icons=[Icon(src=src)]), resource("a://b", icons=[Icon(src=src)])):
        with misdeclared("mcp_api.E007", match="icon"):
            declare(lambda: "")
    with misdeclared("mcp_api.E007", match="icon"):
        prompt(name="a", icons=[Icon(src=src)])(lambda: "")


def test_two_tools_of_one_name_are_refused(tools):
    @tool
    def same() -> None: ...

    with misdeclared("mcp_api.E001", match="Two tools are called 'same'"):
        tool(name="same")(lambda: None)


def test_other_members_of_a_module_of_tools_are_not_tools(tools):
    functions = {declared.function for declared in tools.values()}
    assert mcp_tools.echo in functions
    assert not functions & {mcp_tools.ZoneInfo, mcp_tools.UserInfo, mcp_tools.tool}


@pytest.mark.parametrize("name", ["unknown", "", "Echo", None, 1, [], {}])
def test_find_knows_names_and_nothing_else(name):
    assert registry.find(name) is None


def test_context_is_handed_to_the_tool_that_asks_for_it(tools, ada):
    @tool
    def who(greeting: str, context: Context) -> str:
        return f"{greeting}, {context.user.username}"

    assert run_tool(tools["who"], {"greeting": "Hello"}, ada) == "Hello, ada"


def test_async_tool_runs_to_its_end(tools, ada):
    @tool
    async def slow(context: Context) -> str:
        user = await type(context.user).objects.aget(username="ada")
        return user.username

    assert run_tool(tools["slow"], {}, ada) == "ada"
