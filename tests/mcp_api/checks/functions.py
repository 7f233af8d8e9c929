"""Functions that tests declare, most of them with an error."""

from typing import Annotated

from django.core.checks import CheckMessage, run_checks
from django.db.models import QuerySet
from pydantic import Field

from accounts.models import User


def ours() -> list[CheckMessage]:
    """Return what this app's checks find when Django runs all registered checks."""
    return [message for message in run_checks() if str(message.id).startswith("mcp_api.")]


class NoSchema: ...


def without_docstring(title: str) -> str:
    return title


def without_type(title) -> str:
    """Take any value."""
    return str(title)


def with_an_odd_type(thing: NoSchema) -> str:
    """Take a type without a JSON Schema."""
    return str(thing)


def returning_an_odd_type(title: str) -> NoSchema:
    """Return a type without a JSON Schema."""
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


def taking_any_keywords(**titles: str) -> str:
    """Take any number of names."""
    return str(titles)


def fine(title: str = "") -> str:
    """Return a text."""
    return title


def with_an_odd_name(größe: int) -> int:  # noqa: PLC2401 - that is what is odd
    """Take a parameter that clients reject."""
    return größe


def with_a_made_up_keyword(title: Annotated[str, Field(json_schema_extra={"minLength": "long"})]) -> str:
    """Take a parameter whose keyword is not valid."""
    return title


def returning_a_made_up_type() -> Annotated[str, Field(json_schema_extra={"type": "text"})]:
    """Return a type whose keyword is not valid."""
    return ""


def proposing_without_having_typed() -> list[str]:
    return []


def proposing_by_another(typed: str, author: str = "") -> list[str]:
    return [typed, author]


def proposing_by_what_may_be_missing(typed: str, author: str) -> list[str]:
    return [typed, author]


def by_an_author(title: str = "", author: str = "") -> str:
    """Return a text."""
    return title + author


def with_a_list(numbers: list[int] | None = None) -> str:
    """Return a text."""
    return str(numbers)


def with_a_broken_pattern(title: Annotated[str, Field(pattern="(")]) -> str:
    """Return a text."""
    return title
