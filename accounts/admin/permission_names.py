"""Names of permissions in the language of the reader. Django stores them in English."""

from typing import Any

from django.contrib.auth.models import Permission
from django.utils.translation import gettext_lazy as _

# By the beginning of the stored name, which Django makes (django.contrib.auth.management).
NAMES = {
    "Can add ": _("Can add %(name)s"),
    "Can change ": _("Can change %(name)s"),
    "Can delete ": _("Can delete %(name)s"),
    "Can view ": _("Can view %(name)s"),
}


def with_names(field: Any) -> Any:
    """Return a form `field`, whose choices have translated names if they are permissions."""
    if getattr(field, "queryset", None) is not None and field.queryset.model is Permission:
        field.label_from_instance = name_of
    return field


def name_of(permission: Permission) -> str:
    """Return the app, the model and the name of `permission`: of one that Django made in the reader's language."""
    model = permission.content_type.model_class()
    for beginning, name in NAMES.items():
        if model is not None and permission.name == f"{beginning}{model._meta.verbose_name_raw}":
            return f"{permission.content_type} | {name % {'name': model._meta.verbose_name}}"
    return str(permission)
