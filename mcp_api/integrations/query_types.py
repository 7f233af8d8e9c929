"""Python types of the filters and columns of a model's fields."""

import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.utils import format_number
from pydantic import AfterValidator, Field

from mcp_api.schemas.declaration_errors import DeclarationError

FAULT = "mcp_api.E014"
MOST_IN_LIST = 100
SAME_TYPE = {"exact", "gt", "gte", "lt", "lte"}
OF_TEXT = {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"}
PARTS_OF_DATES = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}


def without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("There is a NUL character, which no text in the database has.")
    return text


Text = Annotated[str, Field(max_length=1000), AfterValidator(without_nul)]
# What databases and their drivers can compare with.
Integer = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
# Digits before the point, and after it, of a number to compare with: PostgreSQL takes no more than 16,383 after it.
MOST_DIGITS = 1000


def decimal_for(field: "models.DecimalField[Any, Any]") -> Any:
    """The type of what is compared with a DecimalField: what that, and the database, can be asked for."""

    def comparable(value: Decimal) -> Decimal:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MOST_DIGITS or value.adjusted() > MOST_DIGITS:
            raise ValueError(f"There are {MOST_DIGITS} digits at most before the point, and after it.")
        try:
            # What SQLite's backend does to it.
            format_number(value, field.max_digits, field.decimal_places)
        except InvalidOperation as error:
            raise ValueError(f"There are {field.max_digits} digits at most.") from error
        return value

    return Annotated[Decimal, AfterValidator(comparable)]


# The first that fits counts: a DateTimeField is a DateField, too.
TYPES: list[tuple[Any, Any]] = [
    (models.BooleanField, bool),
    (models.IntegerField, Integer),
    (models.FloatField, float),
    (models.DecimalField, Decimal),
    (models.DateTimeField, datetime.datetime),
    (models.DateField, datetime.date),
    (models.TimeField, datetime.time),
    (models.DurationField, datetime.timedelta),
    (models.UUIDField, UUID),
    (models.CharField, Text),
    (models.TextField, Text),
    (models.GenericIPAddressField, Text),
]


def resolve(model: type[models.Model], path: str, *, many: bool = False) -> tuple[Any, list[str]]:
    """The field at `path` ("author__name__icontains"), and what is left of it. Raises DeclarationError for none, for a
    password, and for one of `many` rows, unless that is no matter.
    """
    parts, field = path.split("__"), None
    current: Any = model
    while parts and current is not None:
        try:
            found = current._meta.pk if parts[0] == "pk" else current._meta.get_field(parts[0])
        except FieldDoesNotExist:
            break
        if found.name == "password" and issubclass(current, AbstractBaseUser):
            raise DeclarationError(FAULT, f"{path!r} is a password.", "Not even its hash is anybody's business.")
        if not many and (found.one_to_many or found.many_to_many):
            raise DeclarationError(
                FAULT, f"{path!r} leads to many rows.", "A row has one value, or order, in a column."
            )
        field = found
        parts = parts[1:]
        current = field.related_model if field.is_relation else None
    if field is None:
        raise DeclarationError(
            FAULT, f"{model.__name__} has no field {path!r}.", f"It has {', '.join(names_of(model))}."
        )
    return field, parts


def leads_to_many(model: type[models.Model], path: str) -> bool:
    """Whether there may be several rows at the end of `path`, which is good."""
    try:
        resolve(model, path)
    except DeclarationError:
        return True
    return False


def names_of(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.get_fields()]


def type_of(field: Any) -> Any:
    """The type of a field's values; None for one that cannot be compared with a plain value."""
    if field.is_relation:
        target = getattr(field, "target_field", None)
        return None if target is None else type_of(target)
    if field.choices:
        return Literal[tuple(value for value, _ in field.flatchoices)]
    if isinstance(field, models.DecimalField):
        return decimal_for(field)
    return next((python for kind, python in TYPES if isinstance(field, kind)), None)


def filter_type(model: type[models.Model], path: str) -> Any:
    """What the filter `path` takes. Raises DeclarationError for one that does not exist, or that is not offered."""
    field, lookups = resolve(model, path, many=True)
    own = type_of(field)
    if own is None or len(lookups) > 1:
        raise cannot(path)
    lookup = lookups[0] if lookups else "exact"
    is_dated = isinstance(field, models.DateField)
    if lookup in SAME_TYPE:
        return own
    if lookup in OF_TEXT and isinstance(field, models.CharField | models.TextField):
        return Text
    if lookup == "in":
        return Annotated[list[own], Field(max_length=MOST_IN_LIST)]  # type: ignore[valid-type]
    if lookup == "range":
        return Annotated[list[own], Field(min_length=2, max_length=2)]  # type: ignore[valid-type]
    if lookup == "isnull":
        return bool
    if lookup == "date" and isinstance(field, models.DateTimeField):
        return datetime.date
    if lookup in PARTS_OF_DATES and is_dated:
        least, most = PARTS_OF_DATES[lookup]
        return Annotated[int, Field(ge=least, le=most)]
    raise cannot(path)


def cannot(path: str) -> DeclarationError:
    hint = (
        "A filter is a field, or a field and one of exact, gt, gte, lt, lte, in, range, isnull, iexact, contains, "
        "icontains, startswith, istartswith, endswith, iendswith, date, year, month, day. Regular expressions are not "
        "offered: one can be written that never ends."
    )
    return DeclarationError(FAULT, f"There can be no filter {path!r}.", hint)


def column_type(model: type[models.Model], annotations: set[str], path: str) -> Any:
    """What the column `path` holds. Raises DeclarationError for one that does not exist, or that JSON cannot hold."""
    if path in annotations:
        return Any
    field, rest = resolve(model, path)
    if rest or isinstance(field, models.BinaryField):
        raise DeclarationError(
            FAULT, f"There can be no column {path!r}.", "A column is a field, or a field of a relation."
        )
    if field.is_relation or isinstance(field, models.JSONField):
        return Any
    plain = next((python for kind, python in TYPES if isinstance(field, kind)), Any)
    # The rules of what comes in are not those of what is there.
    return {Text: str, Integer: int}.get(plain, plain) | None if plain is not Any else Any
