"""The reference for authors names all that authors may use, so that it cannot fall behind the code."""

import inspect
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any, cast, get_origin

import pytest
from django.core.management import load_command_class

import mcp_api
from mcp_api import App, Context, expose, prompt, questions, resource, search, tool
from mcp_api.registry.primitive import DEFAULT_TIMEOUT
from mcp_api.testing import McpClient, McpClientError, ToolResult
from tests.conftest import PROJECT
from tests.manual.pages import rows_of, text_of

pytestmark = pytest.mark.any_database

WRITING, TESTING = "writing-tools.md", "testing-tools.md"
QUESTIONS = (questions.confirmation, questions.form, questions.roots, questions.sampling, questions.visit)
# What a page writes for a default.
WORDS = {inspect.Parameter.empty: "required", DEFAULT_TIMEOUT: "`CALL_TIMEOUT_SECONDS`"}


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Its parameters with their defaults, but for what a decorator or a method is called with anyway."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.name not in ("self", "function")}


def shown(default: Any) -> str:
    """`default` as a page writes it."""
    return next(
        (word for value, word in WORDS.items() if default is value or default == value),
        f"`{default!r}`".replace("'", '"'),
    )


def signature_of(name: str, function: Any) -> str:
    """`confirm(message, key)`; of a property its name."""
    if not callable(function):
        return name
    return f"{name}({', '.join(parameters_of(function))})"


def public(cls: type) -> dict[str, Any]:
    return {name: value for name, value in vars(cls).items() if not name.startswith("_")}


def set_in_constructor(cls: type) -> set[str]:
    """The public attributes that `__init__` sets."""
    return set(re.findall(r"self\.([a-z]\w*)\b[^=\n()]* = ", inspect.getsource(cls.__init__)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("heading", "function"),
    [
        ("Options of @tool", tool),
        ("Options of @resource", resource),
        ("Options of @prompt", prompt),
        ("search", search),
        ("expose", expose),
    ],
)
def test_each_option_is_named_with_its_default(heading: str, function: Callable[..., Any]) -> None:
    expected = {name: shown(default) for name, default in parameters_of(function).items()}
    assert rows_of(WRITING, heading, "option") == expected


def test_each_option_of_an_app_is_named_with_its_default() -> None:
    expected = {name: shown(default) for name, default in parameters_of(App).items()}
    assert rows_of("apps.md", "Options", "option") == expected


def test_each_attribute_of_a_page_is_one_that_its_scripts_read() -> None:
    folder = PROJECT / "mcp_api" / "static" / "mcp_api"
    scripts = "".join((folder / name).read_text() for name in ("app.js", "app_lists.js"))
    read = re.findall(r"dataset\.(\w+)|data-(\w+)[=^\]]|\"(\w+)\" in form\.dataset", scripts)
    taken = re.findall(r"\{ ([^{}]*?) \} = (?:element|form|target\?)\.dataset", scripts)
    names = {name for found in read for name in found if name} | {
        part.split(":")[0].strip() for names in taken for part in names.split(",")
    }
    named = re.findall(r"^\| (`data-.*?) \|", text_of("apps.md"), re.MULTILINE)
    # `tool`, `state` and `theme` are those of the document itself.
    assert set(re.findall(r"`data-(\w+)", " ".join(named))) == names - {"tool", "state", "theme"}


def test_each_argument_of_the_test_client_is_named_with_its_default() -> None:
    expected = {name: shown(default) for name, default in parameters_of(McpClient.__init__).items()}
    assert rows_of(TESTING, "McpClient", "argument") == expected


def test_each_member_of_the_context_is_named_with_its_parameters() -> None:
    members = {signature_of(name, member) for name, member in public(Context).items()} | set_in_constructor(Context)
    assert set(rows_of(WRITING, "Context", "member")) == members


def test_each_question_is_named_with_its_parameters() -> None:
    named = rows_of(WRITING, "Questions", "question for `context.ask`")
    assert set(named) == {f"questions.{signature_of(each.__name__, each)}" for each in QUESTIONS}


def test_each_function_that_makes_a_question_is_among_those() -> None:
    functions = [each for each in vars(questions).values() if inspect.isfunction(each)]
    returned = {each: inspect.signature(each).return_annotation for each in functions}
    making = {each for each, kind in returned.items() if get_origin(kind) is questions.InputRequest}
    assert making == set(QUESTIONS)


def test_each_method_of_the_test_client_is_named_with_its_parameters() -> None:
    methods = {signature_of(name, method) for name, method in public(McpClient).items()}
    assert set(rows_of(TESTING, "McpClient", "method")) == methods


def test_each_attribute_of_the_test_client_is_named() -> None:
    assert set(rows_of(TESTING, "McpClient", "attribute")) == set_in_constructor(McpClient)


def test_each_field_of_a_result_is_named() -> None:
    expected = {field.name for field in fields(ToolResult)} | {"text"}
    assert set(rows_of(TESTING, "ToolResult", "field")) == expected


def test_each_field_of_an_error_is_named() -> None:
    assert set(rows_of(TESTING, "McpClientError", "field")) == set(vars(McpClientError(1, "no")))


def test_each_public_name_is_in_the_reference() -> None:
    text = text_of(WRITING)
    assert [name for name in mcp_api.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_each_command_and_option_of_the_command_line_is_named() -> None:
    parser = load_command_class("mcp_api", "mcp").create_parser("manage.py", "mcp")
    commands = next(cast(dict[str, Any], action.choices) for action in parser._actions if action.dest == "subcommand")
    heading = "On the command line: manage.py mcp"
    assert {row.split()[0] for row in rows_of(TESTING, heading, "command")} == set(commands)
    actions = [action for command in commands.values() for action in command._actions]
    options = {option for action in actions for option in action.option_strings}
    assert set(rows_of(TESTING, heading, "option")) == options - {"-h", "--help"}


@pytest.mark.parametrize("page", [WRITING, TESTING])
def test_reference_is_linked_from_the_readme_and_from_the_list_of_checks(page: str) -> None:
    assert f"docs/{page}" in (PROJECT / "README.md").read_text()
    assert f"({page})" in text_of("tool-errors.md")
