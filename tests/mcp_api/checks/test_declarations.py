"""Errors of declarations are found at start-up, under their ids, with a hint."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from accounts.models import User
from mcp_api import Icon, expose, prompt, resource, scope, search, tool
from mcp_api.checks import refuse_wrong_declarations
from tests.mcp_api.checks.functions import (
    by_an_author,
    fine,
    ours,
    proposing_by_another,
    proposing_by_what_may_be_missing,
    proposing_without_having_typed,
    returning_a_made_up_type,
    returning_a_model,
    returning_an_odd_type,
    returning_models,
    returning_rows,
    taking_a_model,
    taking_any_keywords,
    with_a_broken_pattern,
    with_a_list,
    with_a_made_up_keyword,
    with_an_odd_name,
    with_an_odd_type,
    without_docstring,
    without_type,
)

pytestmark = pytest.mark.usefixtures("isolated_registry")


DECLARATIONS: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "a tool's name that is taken": ("mcp_api.E001", "'echo'", lambda: tool(name="echo")(fine)),
    "a prompt's name that is taken": (
        "mcp_api.E001",
        "'same'",
        lambda: [prompt(name="same")(fine), prompt(name="same")(fine)],
    ),
    "an address that is taken": (
        "mcp_api.E001",
        "'a://{title}'",
        lambda: [resource("a://{title}")(fine), resource("a://{title}")(fine)],
    ),
    "a parameter without a type": ("mcp_api.E002", "title", lambda: tool(without_type)),
    "a parameter that has no name": ("mcp_api.E003", "titles", lambda: tool(taking_any_keywords)),
    "an unknown scope": ("mcp_api.E004", "'lend'", lambda: tool(scopes=["read", "lend"])(fine)),
    "a type without a schema": ("mcp_api.E005", "with_an_odd_type", lambda: tool(with_an_odd_type)),
    "a result without a schema": ("mcp_api.E005", "returning_an_odd_type", lambda: tool(returning_an_odd_type)),
    "a model as a result": ("mcp_api.E005", "returning_a_model returns User", lambda: tool(returning_a_model)),
    "models as a result": ("mcp_api.E005", "returning_models returns User", lambda: tool(returning_models)),
    "a queryset as a result": ("mcp_api.E005", "returning_rows returns QuerySet", lambda: tool(returning_rows)),
    "a model as a prompt": ("mcp_api.E005", "returning_a_model returns User", lambda: prompt(returning_a_model)),
    "models as a resource": (
        "mcp_api.E005",
        "all returns User",
        lambda: resource("a://", name="all")(returning_models),
    ),
    "a model as a parameter": ("mcp_api.E005", "person of taking_a_model is User", lambda: tool(taking_a_model)),
    "a parameter that clients reject": ("mcp_api.E005", "größe", lambda: tool(with_an_odd_name)),
    "a schema of arguments that is none": ("mcp_api.E005", "'long'", lambda: tool(with_a_made_up_keyword)),
    "a schema of a result that is none": ("mcp_api.E005", "'text'", lambda: tool(returning_a_made_up_type)),
    "an unknown permission": ("mcp_api.E006", "'accounts.fly'", lambda: tool(permission="accounts.fly")(fine)),
    "a permission without an app": ("mcp_api.E006", "'view_user'", lambda: prompt(permission="view_user")(fine)),
    "an icon that clients reject": ("mcp_api.E007", "file:", lambda: tool(icons=[Icon(src="file:///a")])(fine)),
    "an address of other variables": ("mcp_api.E008", "variables", lambda: resource("a://{name}")(fine)),
    "an address that cannot be read back": ("mcp_api.E008", "{title:3}", lambda: resource("a://{title:3}")(fine)),
    "proposals for no argument": (
        "mcp_api.E015",
        "'name'",
        lambda: prompt(complete={"name": proposing_by_another})(by_an_author),
    ),
    "proposals without what was typed": (
        "mcp_api.E015",
        "proposing_without_having_typed",
        lambda: prompt(complete={"title": proposing_without_having_typed})(by_an_author),
    ),
    "proposals by another argument that is none": (
        "mcp_api.E015",
        "proposing_by_another",
        lambda: resource("a://{title}", complete={"title": proposing_by_another})(fine),
    ),
    "proposals by what may not be chosen yet": (
        "mcp_api.E015",
        "not be chosen yet",
        lambda: prompt(complete={"title": proposing_by_what_may_be_missing})(by_an_author),
    ),
    "a tool that reads and destroys": (
        "mcp_api.E017",
        "at once",
        lambda: tool(read_only=True, destructive=True)(fine),
    ),
    "a list in a prompt": ("mcp_api.E018", "numbers of with_a_list", lambda: prompt(with_a_list)),
    "a resource without a scheme": ("mcp_api.E008", "'no-uri' is not a URI", lambda: resource("no-uri")(fine)),
    "a pattern that is none": ("mcp_api.E005", "unclosed group", lambda: tool(with_a_broken_pattern)),
    "a model in place of a queryset": (
        "mcp_api.E014",
        "User is a model",
        lambda: search("people", User, columns=["username"]),  # type: ignore[arg-type]
    ),
    "something in place of a queryset": (
        "mcp_api.E014",
        "'User' is not a queryset",
        lambda: search("people", "User", columns=["username"]),  # type: ignore[arg-type]
    ),
    "a model in place of a view": ("mcp_api.E013", "User is not a view class", lambda: expose(User, actions=["list"])),
    "an object in place of a view": ("mcp_api.E013", "is not a view class", lambda: expose(object(), actions=["list"])),  # type: ignore[arg-type]
    "a scope with a space": ("mcp_api.E010", "'to lend'", lambda: scope("to lend", "Lend")),
    "a scope that there is": ("mcp_api.E010", "'write'", lambda: scope("write", "Lend")),
    "no docstring": ("mcp_api.W001", "without_docstring", lambda: tool(without_docstring)),
    "a name that clients cannot hand on": ("mcp_api.E023", "'a.b'", lambda: tool(name="a.b")(fine)),
    "meta that is no JSON": ("mcp_api.E022", "not JSON serializable", lambda: tool(meta={"a": object()})(fine)),
    "meta with a number that is none": ("mcp_api.E022", "JSON has no number", lambda: tool(meta={"a": math.nan})(fine)),
    "meta that is no object": ("mcp_api.E022", "_meta", lambda: tool(meta=["a"])(fine)),  # type: ignore[call-overload]
    "a title with a lone surrogate": ("mcp_api.E022", "surrogate", lambda: tool(title="\ud800")(fine)),
    "a title that is no text": ("mcp_api.E022", "title=3 is not text", lambda: tool(title=3)(fine)),  # type: ignore[call-overload]
    "an unknown form of results": ("mcp_api.E024", "'Text'", lambda: tool(result_form="Text")(fine)),  # type: ignore[call-overload]
    "a reference to nothing": ("mcp_api.E005", "Nope", lambda: tool(schema={"not": {"$ref": "#/$defs/Nope"}})(fine)),
    "a reference elsewhere": ("mcp_api.E005", "a.b", lambda: tool(schema={"not": {"$ref": "https://a.b"}})(fine)),
    "a reference without end": ("mcp_api.E005", "'#'", lambda: tool(schema={"not": {"$ref": "#"}})(fine)),
    "a prompt's meta": ("mcp_api.E022", "not JSON serializable", lambda: prompt(meta={"a": object()})(fine)),
    "a resource's meta": (
        "mcp_api.E022",
        "not JSON serializable",
        lambda: resource("a://{title}", meta={"a": object()})(fine),
    ),
    "a schema that some clients reject": (
        "mcp_api.W003",
        "anyOf",
        lambda: tool(schema={"anyOf": [{"required": ["title"]}]})(fine),
    ),
}


def test_declarations_of_the_server_itself_have_no_faults() -> None:
    assert ours() == []
    refuse_wrong_declarations()


@pytest.mark.parametrize(("check", "said", "declare"), DECLARATIONS.values(), ids=DECLARATIONS)
def test_each_fault_is_reported_under_its_id_with_a_hint(check: str, said: str, declare: Callable[[], Any]) -> None:
    declare()
    [message] = ours()
    assert message.id == check
    assert said in message.msg
    assert message.hint
    assert message.obj


@pytest.mark.parametrize(("check", "said", "declare"), DECLARATIONS.values(), ids=DECLARATIONS)
def test_an_error_keeps_the_server_from_starting_and_a_warning_does_not(
    check: str, said: str, declare: Callable[[], Any]
) -> None:
    declare()
    if check.startswith("mcp_api.W"):
        refuse_wrong_declarations()
    else:
        with pytest.raises(ImproperlyConfigured, match=check):
            refuse_wrong_declarations()


def test_manual_lists_each_check() -> None:
    root = Path(__file__).parents[3]
    sources = "".join(path.read_text() for path in (root / "mcp_api").rglob("*.py"))
    listed = re.findall(r"^\| `(mcp_api\.[EW]\d+)`", (root / "docs/tool-errors.md").read_text(), re.MULTILINE)
    assert listed == sorted(set(re.findall(r'"(mcp_api\.[EW]\d+)"', sources)))


def test_all_faults_are_reported_at_once() -> None:
    tool(name="echo")(fine)
    tool(with_an_odd_type)
    assert [message.id for message in ours()] == ["mcp_api.E001", "mcp_api.E005"]


WRONG_FORMS = {
    "RESULT_FORM": ("xml", "RESULT_FORM is 'xml'."),
    "LIST_PAGE_SIZE": (0, "LIST_PAGE_SIZE is 0."),
    "TOOL_PREFIXES": ({"nowhere": "a_"}, "TOOL_PREFIXES names 'nowhere', which is no installed app."),
}


@pytest.mark.parametrize(("name", "value", "said"), [(name, *each) for name, each in WRONG_FORMS.items()])
def test_setting_without_a_meaning_is_reported(settings: Settings, name: str, value: object, said: str) -> None:
    setattr(settings, name, value)
    [message] = ours()
    assert (message.id, message.msg) == ("mcp_api.E024", said)
    assert message.hint
    with pytest.raises(ImproperlyConfigured, match=r"mcp_api\.E024"):
        refuse_wrong_declarations()


def test_prefix_that_would_break_names_is_reported(settings: Settings) -> None:
    settings.TOOL_PREFIXES = {"mcp_api": "a.b/"}
    assert [message.msg for message in ours()] == ["The prefix 'a.b/' of mcp_api in TOOL_PREFIXES cannot be used."]


def test_check_of_names_may_be_silenced(settings: Settings) -> None:
    tool(name="a.b")(fine)
    settings.SILENCED_SYSTEM_CHECKS = ["mcp_api.E023"]
    refuse_wrong_declarations()
