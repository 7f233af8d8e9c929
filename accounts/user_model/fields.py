"""The columns of a person that their model may name otherwise, or lack: username, email address, full name."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import IntegerField

from accounts.user_model import User

INTEGER = re.compile(r"[0-9]{1,18}")
LONGEST_KEY = 255
# The column by which people sign in: `username` here, and perhaps `email` elsewhere.
USERNAME: str = User.USERNAME_FIELD


def existing(names: Iterable[str]) -> list[str]:
    """Return those of `names` that are columns of a person."""
    return [name for name in names if _is_column(name)]


def _is_column(name: str) -> bool:
    try:
        field: Any = User._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(field.concrete and not field.many_to_many)


# The column of the email address; "" where the model has none.
EMAIL: str = next(iter(existing([User.get_email_field_name()])), "")
# The columns of a name and an address, which not everybody may search.
PRIVATE = list(
    dict.fromkeys(name for name in existing(["first_name", "last_name", EMAIL or "email"]) if name != USERNAME)
)


def email_of(person: Any) -> str:
    return str(getattr(person, EMAIL, "") or "") if EMAIL else ""


def full_name_of(person: Any) -> str:
    """Return the person's name; "" where the model has none."""
    get_full_name = getattr(person, "get_full_name", None)
    return str(get_full_name() or "") if get_full_name is not None else ""


def primary_key(text: str) -> Any:
    """Return the primary key of a person that a parameter of an address holds; None if it holds none."""
    column = User._meta.pk
    if isinstance(column, IntegerField):
        return int(text) if INTEGER.fullmatch(text) else None
    if not text or len(text) > LONGEST_KEY or "\x00" in text:
        return None
    try:
        return column.to_python(text)
    except ValidationError:
        return None


def as_json(key: Any) -> int | str | None:
    """Return the primary key of a person as JSON has it: a number, or else a text."""
    return key if key is None or isinstance(key, int) else str(key)
