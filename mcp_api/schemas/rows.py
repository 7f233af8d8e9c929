"""Rows of the database in what an app's functions take and return: nobody has said which of their fields leave."""

import typing
from collections.abc import Iterator
from typing import Any

from django.db.models import Manager, Model, QuerySet
from django.db.models.query import ModelIterable, RawQuerySet
from pydantic_core import to_jsonable_python

from mcp_api.errors import UnfitResult

ROWS: tuple[type, ...] = (Model, QuerySet, RawQuerySet, Manager)
WAYS = (
    'Say which fields leave: return `list(rows.values("id", "title"))` or a pydantic model of those fields, '
    "or offer the rows with `search(…)`, or a REST framework view of them with `expose(…)`."
)
KEYS = "Take its key, as in `book: int`, and get the row in the function."


def models_in(annotation: Any) -> Iterator[type]:
    """The models, querysets and managers that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, ROWS):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)


def to_plain(value: Any) -> Any:
    """A value of no declared type as what JSON has. Raises UnfitResult where that is not certain."""
    return to_jsonable_python(value, fallback=as_plain)


def as_plain(value: Any) -> Any:
    """What pydantic cannot serialize: the rows of `.values()` as a list. Raises UnfitResult for all else."""
    if is_of_plain_rows(value):
        return list(value)
    raise UnfitResult(unfit(value))


def is_of_plain_rows(value: Any) -> bool:
    """Whether it is a queryset of dicts, tuples or single values."""
    return isinstance(value, QuerySet) and not issubclass(value._iterable_class, ModelIterable)


def is_rows(value: Any) -> bool:
    return isinstance(value, ROWS)


def unfit(value: Any) -> str:
    """Why `value` cannot leave, and what to do."""
    if not is_rows(value):
        return (
            f"A value of the type {type(value).__name__} is nothing that JSON has. Return str, dict, list, … instead."
        )
    model = value if isinstance(value, Model) else value.model
    name = model._meta.object_name
    # A queryset of an app's own class is told as what its author thinks of.
    kind = "QuerySet" if isinstance(value, QuerySet) else type(value).__name__
    what = f"a {name}" if isinstance(value, Model) else f"a {kind} of {name}"
    return f"It returned {what}, with all that the database has of it. {WAYS}"
