"""Check of the user model of a project that has one of its own."""

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from accounts.user_model import User

# The fields that Django's AbstractBaseUser and PermissionsMixin have, and `is_active` as a column: suspended people are
# found by it.
NEEDED = ("password", "is_active", "is_superuser", "groups", "user_permissions")


@register(Tags.models)
def check_user_model(**kwargs: object) -> list[CheckMessage]:
    missing = missing_fields(User)
    if not missing:
        return []
    hint = "Add them: PermissionsMixin has those for permissions, and is_active is a BooleanField(default=True)."
    named = f"The user model {User._meta.label} has no field {', '.join(missing)}."
    return [Error(named, hint=hint, id="accounts.E039")]


def missing_fields(model: type[Model]) -> list[str]:
    """Return those of NEEDED that `model` lacks."""
    return [name for name in NEEDED if not _has_field(model, name)]


def _has_field(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
