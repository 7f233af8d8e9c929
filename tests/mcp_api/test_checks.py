"""Errors of declarations are found at start-up, under their ids, with a hint."""

import functools
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from pydantic import Field

from accounts import scopes
from accounts.models import User
from mcp_api import Icon, expose, prompt, resource, scope, search, tool
from mcp_api.checks import refuse_wrong_declarations
from mcp_api.schemas import declaration_errors
from tests.mcp_api.conftest import put_back

pytestmark = pytest.mark.usefixtures("isolated_registry")


@pytest.fixture(autouse=True)
def faults_and_scopes_are_put_back() -> Iterator[None]:
    before = list(declaration_errors.errors)
    with put_back(scopes._catalogue):
        yield
    declaration_errors.errors[:] = before


def ours() -> list[CheckMessage]:
    """What our checks find, by way of Django's registry: so they are wired."""
    return [message for message in run_checks() if str(message.id).startswith("mcp_api.")]


class NoSchema: ...


def without_docstring(title: str) -> str:
    return title


def without_type(title) -> str:
    """Take whatever comes."""
    return str(title)


def with_an_odd_type(thing: NoSchema) -> str:
    """Take what JSON does not have."""
    return str(thing)


def returning_an_odd_type(title: str) -> NoSchema:
    """Return what JSON does not have."""
    return NoSchema()


def returning_a_model() -> User:
    """Return a row."""
    return User()


def returning_models() -> list[User] | None:
    """Return rows."""
    return None


def returning_rows() -> "QuerySet[User]":
    """Return a queryset."""
    return User.objects.all()


def taking_a_model(person: User) -> str:
    """Take a row."""
    return person.username


def taking_whatever_there_is(**titles: str) -> str:
    """Take any number of names."""
    return str(titles)


def fine(title: str = "") -> str:
    """Do as it should."""
    return title


def with_an_odd_name(größe: int) -> int:  # noqa: PLC2401 - that is what is odd
    """Take a parameter that clients reject."""
    return größe


def with_a_made_up_keyword(title: Annotated[str, Field(json_schema_extra={"minLength": "long"})]) -> str:
    """Take what no schema can say."""
    return title


def returning_a_made_up_type() -> Annotated[str, Field(json_schema_extra={"type": "text"})]:
    """Return what no schema can say."""
    return ""


def proposing_without_having_typed() -> list[str]:
    return []


def proposing_by_another(typed: str, author: str = "") -> list[str]:
    return [typed, author]


def proposing_by_what_may_be_missing(typed: str, author: str) -> list[str]:
    return [typed, author]


def by_an_author(title: str = "", author: str = "") -> str:
    """Do as it should."""
    return title + author


def with_a_list(numbers: list[int] | None = None) -> str:
    """Do as it should."""
    return str(numbers)


def with_a_broken_pattern(title: Annotated[str, Field(pattern="(")]) -> str:
    """Do as it should."""
    return title


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
    "a parameter that has no name": ("mcp_api.E003", "titles", lambda: tool(taking_whatever_there_is)),
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
    "a name that clients cannot hand on": ("mcp_api.W002", "'a.b'", lambda: tool(name="a.b")(fine)),
    "a schema that some clients reject": (
        "mcp_api.W003",
        "anyOf",
        lambda: tool(schema={"anyOf": [{"required": ["title"]}]})(fine),
    ),
}


def test_what_the_server_itself_offers_is_fine() -> None:
    assert ours() == []
    refuse_wrong_declarations()


@pytest.mark.parametrize(("check", "said", "declare"), DECLARATIONS.values(), ids=DECLARATIONS)
def test_each_fault_is_told_under_its_id_with_a_hint(check: str, said: str, declare: Callable[[], Any]) -> None:
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


def test_name_that_is_taken_says_where_the_other_is_declared() -> None:
    @tool(name="same")
    def first(title: str = "") -> str:
        """Do as it should."""
        return title

    @functools.wraps(first)
    def wrapped(title: str = "") -> str:
        return first(title)

    line = first.__code__.co_firstlineno
    prompt(name="same")(wrapped)
    resource("a://same")(lambda: "")
    for declare in (tool(name="same"), prompt(name="same"), resource("a://same")):
        declare(fine)
    told = [message.msg for message in ours() if message.id == "mcp_api.E001"]
    assert told == [
        f"Two tools are called 'same'. The other is declared at {__name__}:{line}.",
        f"Two prompts are called 'same'. The other is declared at {__name__}:{line}.",
        f"Two resources are at 'a://same'. The other is declared at {__name__}:{line + 11}.",
    ]


def test_search_of_a_name_that_is_taken_says_where_the_other_is_declared() -> None:
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    for _ in range(2):
        search("find_people", User.objects.all(), columns=["username"])
    [message] = ours()
    assert message.msg == f"Two tools are called 'find_people'. The other is declared at {__name__}:{line + 2}."


@pytest.mark.parametrize("declare", [tool, prompt, resource("a://people")], ids=["tool", "prompt", "resource"])
def test_model_as_a_result_is_told_what_to_return_instead(declare: Callable[[Any], Any]) -> None:
    declare(returning_a_model)
    [message] = ours()
    for way in (".values(", "pydantic model", "search(", "expose("):
        assert way in str(message.hint)


def test_type_without_a_schema_is_named_without_advice_for_other_cases() -> None:
    tool(with_an_odd_type)
    [message] = ours()
    assert "arbitrary_types_allowed" not in message.msg
    assert "\n" not in message.msg
    assert message.msg.startswith("A type of with_an_odd_type has no JSON Schema: ")


def test_prompt_takes_what_can_be_read_from_text() -> None:
    @prompt
    def plan(day: date, count: int | None = None, sure: bool = False, anything: Any = None) -> str:
        """Plan a day."""
        return f"{day} {count} {sure} {anything}"

    assert ours() == []


def test_search_takes_a_manager() -> None:
    search("people", User.objects, columns=["username"])
    assert ours() == []


def test_manual_lists_each_check() -> None:
    root = Path(__file__).parents[2]
    sources = "".join(path.read_text() for path in (root / "mcp_api").rglob("*.py"))
    listed = re.findall(r"^\| `(mcp_api\.[EW]\d+)`", (root / "docs/tool-errors.md").read_text(), re.MULTILINE)
    assert listed == sorted(set(re.findall(r'"(mcp_api\.[EW]\d+)"', sources)))


def test_all_faults_are_told_at_once() -> None:
    tool(name="echo")(fine)
    tool(with_an_odd_type)
    assert [message.id for message in ours()] == ["mcp_api.E001", "mcp_api.E005"]


def test_scope_of_ones_own_is_known() -> None:
    scope("library:lend", "Lend books in your name")
    tool(scopes="library:lend")(fine)
    assert ours() == []
    assert "library:lend" in scopes.names(of_resource_only=True)


def test_permission_of_an_installed_model_is_known() -> None:
    tool(permission=["accounts.view_client", "accounts.add_user"])(fine)
    assert ours() == []
