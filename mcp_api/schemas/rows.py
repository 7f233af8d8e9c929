"""Models and querysets in the types and results of functions: they do not declare which fields may be returned."""

import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from django.db.models import Manager, Model, QuerySet
from django.db.models.query import ModelIterable, RawQuerySet
from django.utils.functional import Promise
from pydantic_core import from_json, to_jsonable_python

from mcp_api.errors import UnfitResult
from mcp_api.protocol.encoding import encode, require_encodable

ROWS: tuple[type, ...] = (Model, QuerySet, RawQuerySet, Manager)
RETURN_HINT = (
    'Name the fields to return: `list(rows.values("id", "title"))`, or a pydantic model of these fields; or declare '
    "`search(…)` for the queryset, or `expose(…)` for a REST framework view of it."
)
KEY_HINT = "Take the key, as in `book: int`, and get the row in the function."


def models_in(annotation: Any) -> Iterator[type]:
    """The models, querysets and managers in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, ROWS):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)


def to_plain(value: Any) -> Any:
    """Return a value without a declared type as JSON data. Raises UnfitResult if it has no certain form."""
    return to_jsonable_python(value, fallback=as_plain)


def as_plain(value: Any) -> Any:
    """Return the rows of `.values()` as a list, and a lazy text as text, for pydantic.

    Raises UnfitResult for any other value.
    """
    if isinstance(value, Promise):
        return str(value)
    if has_plain_rows(value):
        return list(value)
    raise UnfitResult(unfit(value))


def as_json(value: Any, name: str) -> Any:
    """Return a value as JSON data, with texts instead of lazy ones.

    Raises UnfitResult if it has no JSON form; `name` is the subject of the message.
    """
    value = with_texts(value)
    require_encodable(value, name)
    return from_json(encode(value))


def with_texts(value: Any) -> Any:
    """Return `value` with texts instead of lazy texts, such as those of gettext_lazy, in collections too.

    Dataclasses become dicts of their fields.
    """
    match value:
        case Promise():
            return str(value)
        case dict():
            return {with_texts(name): with_texts(inner) for name, inner in value.items()}
        case list():
            return [with_texts(inner) for inner in value]
        case tuple():
            return tuple(with_texts(inner) for inner in value)
        case set() | frozenset():
            return {with_texts(inner) for inner in value}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: with_texts(getattr(value, each.name)) for each in fields(value)}
    return value


def has_plain_rows(value: Any) -> bool:
    """Return whether `value` is a queryset of dicts, tuples or single values."""
    return isinstance(value, QuerySet) and not issubclass(value._iterable_class, ModelIterable)


def is_rows(value: Any) -> bool:
    return isinstance(value, ROWS)


def unfit(value: Any) -> str:
    """Return the error for a `value` that cannot be returned, with advice for the author."""
    if not is_rows(value):
        return f"A value of the type {type(value).__name__} has no JSON form. Return str, dict, list, … instead."
    model = value if isinstance(value, Model) else value.model
    name = model._meta.object_name
    # An app's own subclass is named QuerySet.
    kind = "QuerySet" if isinstance(value, QuerySet) else type(value).__name__
    what = f"a {name}" if isinstance(value, Model) else f"a {kind} of {name}"
    return f"The function returned {what}, with all of its fields. {RETURN_HINT}"
