"""Python types of filters and columns, for the fields of a model."""

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

CHECK_ID = "mcp_api.E014"
MAX_LIST_LENGTH = 100
FIELD_LOOKUPS = {"exact", "gt", "gte", "lt", "lte"}
TEXT_LOOKUPS = {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"}
DATE_PARTS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}


def without_nul(text: str) -> str:
    """Return `text`. Raises ValueError for a NUL character, which PostgreSQL does not store."""
    if "\x00" in text:
        raise ValueError("The text must not contain a NUL character.")
    return text


Text = Annotated[str, Field(max_length=1000), AfterValidator(without_nul)]
# The range of integers that databases and their drivers can compare with.
Integer = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
# The limit for the digits before the decimal point, and for those after it: PostgreSQL takes at most 16,383 after it.
MAX_DIGITS = 1000


def decimal_for(field: "models.DecimalField[Any, Any]") -> Any:
    """The type of a value to compare with a DecimalField: one that the field and the database accept."""

    def comparable(value: Decimal) -> Decimal:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MAX_DIGITS or value.adjusted() > MAX_DIGITS:
            raise ValueError(
                f"The number must have at most {MAX_DIGITS} digits before the decimal point, and after it."
            )
        try:
            # SQLite's backend does the same with it.
            format_number(value, field.max_digits, field.decimal_places)
        except InvalidOperation as error:
            raise ValueError(f"The number must have at most {field.max_digits} digits.") from error
        return value

    return Annotated[Decimal, AfterValidator(comparable)]


# The first match counts: DateTimeField is a subclass of DateField.
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


def resolve(model: type[models.Model], path: str, *, allow_many: bool = False) -> tuple[Any, list[str]]:
    """Return the field at `path` ("author__name__icontains"), and the parts of the path after it ("icontains").

    Raises DeclarationError for a field that does not exist, for a password and, unless `allow_many`, for a relation to
    many rows.
    """
    parts, field = path.split("__"), None
    current: Any = model
    while parts and current is not None:
        try:
            candidate = current._meta.pk if parts[0] == "pk" else current._meta.get_field(parts[0])
        except FieldDoesNotExist:
            break
        if candidate.name == "password" and issubclass(current, AbstractBaseUser):
            raise DeclarationError(CHECK_ID, f"{path!r} is a password.", "Its hash must not leave the server.")
        if not allow_many and (candidate.one_to_many or candidate.many_to_many):
            raise DeclarationError(
                CHECK_ID, f"{path!r} leads to many rows.", "A column, or an order, has one value for each row."
            )
        field = candidate
        parts = parts[1:]
        current = field.related_model if field.is_relation else None
    if field is None:
        raise DeclarationError(
            CHECK_ID, f"{model.__name__} has no field {path!r}.", f"Its fields are {', '.join(names_of(model))}."
        )
    return field, parts


def leads_to_many(model: type[models.Model], path: str) -> bool:
    """Return whether the valid `path` may lead to several rows."""
    try:
        resolve(model, path)
    except DeclarationError:
        return True
    return False


def names_of(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.get_fields()]


def type_of(field: Any) -> Any:
    """The type of a field's values; None if they cannot be compared with a plain value."""
    if field.is_relation:
        target = getattr(field, "target_field", None)
        return None if target is None else type_of(target)
    if field.choices:
        return Literal[tuple(value for value, _ in field.flatchoices)]
    if isinstance(field, models.DecimalField):
        return decimal_for(field)
    return next((python for kind, python in TYPES if isinstance(field, kind)), None)


def filter_type(model: type[models.Model], path: str) -> Any:
    """The type of the filter `path`. Raises DeclarationError for one that does not exist, or is not supported."""
    field, lookups = resolve(model, path, allow_many=True)
    own_type = type_of(field)
    if own_type is None or len(lookups) > 1:
        raise unsupported_filter(path)
    lookup = lookups[0] if lookups else "exact"
    is_dated = isinstance(field, models.DateField)
    if lookup in FIELD_LOOKUPS:
        return own_type
    if lookup in TEXT_LOOKUPS and isinstance(field, models.CharField | models.TextField):
        return Text
    if lookup == "in":
        return Annotated[list[own_type], Field(max_length=MAX_LIST_LENGTH)]  # type: ignore[valid-type]
    if lookup == "range":
        return Annotated[list[own_type], Field(min_length=2, max_length=2)]  # type: ignore[valid-type]
    if lookup == "isnull":
        return bool
    if lookup == "date" and isinstance(field, models.DateTimeField):
        return datetime.date
    if lookup in DATE_PARTS and is_dated:
        lowest, highest = DATE_PARTS[lookup]
        return Annotated[int, Field(ge=lowest, le=highest)]
    raise unsupported_filter(path)


def unsupported_filter(path: str) -> DeclarationError:
    hint = (
        "A filter is a field, or a field and one of exact, gt, gte, lt, lte, in, range, isnull, iexact, contains, "
        "icontains, startswith, istartswith, endswith, iendswith, date, year, month, day. Regular expressions are not "
        "supported: one can run without end."
    )
    return DeclarationError(CHECK_ID, f"The filter {path!r} is not supported.", hint)


def column_type(model: type[models.Model], annotations: set[str], path: str) -> Any:
    """The type of the column `path`. Raises DeclarationError for one that does not exist, or that JSON cannot hold."""
    if path in annotations:
        return Any
    field, rest = resolve(model, path)
    if rest or isinstance(field, models.BinaryField):
        raise DeclarationError(
            CHECK_ID, f"The column {path!r} is not supported.", "A column is a field, or a field of a relation."
        )
    if field.is_relation or isinstance(field, models.JSONField):
        return Any
    column = next((python for kind, python in TYPES if isinstance(field, kind)), Any)
    # The limits of input do not apply to stored values.
    return {Text: str, Integer: int}.get(column, column) | None if column is not Any else Any
