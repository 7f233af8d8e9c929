"""Forms for a person's page in admin: the address, and for superusers the role in admin."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminRadioSelect
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.email import addresses as email_addresses
from accounts.email.spelling import canonical, stored
from accounts.roles import ROLES
from accounts.user_model import User

NO_ROLE, OTHER = "", "other"


class PersonForm(UserChangeForm):
    """Requires a unique email address, because one that the operator enters counts as verified."""

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if stored(email) == self.instance.email:
            return stored(email)
        email = canonical(email)
        self._refuse_taken(email)
        return email

    def _refuse_taken(self, email: str) -> None:
        """Raise ValidationError if another person has `email` as a verified address."""
        try:
            email_addresses.check_is_free(email, for_user=self.instance.pk)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


class RoleForm(PersonForm):
    """Adds the role in admin: one choice for staff status and the group of the role. Only for superusers."""

    role = forms.ChoiceField(
        label=_("Role in admin"),
        required=False,
        widget=AdminRadioSelect,
        help_text=_("Gives staff status and the group of the role. To change only one of them, use the fields below."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, held = self.fields["role"], role_of(self.instance)
        other = [(OTHER, gettext("Other, as set below"))] if held == OTHER else []
        role.choices = [(NO_ROLE, gettext("None")), *((name, name) for name in role_groups()), *other]  # type: ignore[attr-defined]
        role.initial = held

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # A form without the field changes no role.
        if "role" in self.data and "role" in self.changed_data and cleaned.get("role") not in (None, OTHER):
            self._apply_role(cleaned)
        return cleaned

    def _apply_role(self, cleaned: dict[str, Any]) -> None:
        """Set the staff status and replace the groups of other roles."""
        role, groups = cleaned["role"], role_groups()
        kept = {group.pk for group in cleaned.get("groups", ())} - {group.pk for group in groups.values()}
        chosen = kept | ({groups[role].pk} if role else set())
        cleaned["groups"] = Group.objects.filter(pk__in=chosen)
        cleaned["is_staff"] = bool(role or cleaned.get("is_superuser"))
        # The history names changed fields by their labels.
        self.fields["role"].label = format_lazy(_("Role in admin: {role}"), role=role or _("none"))


def role_groups() -> dict[str, Group]:
    """Return the groups of the roles, which an operator may have deleted, by name."""
    found = {group.name: group for group in Group.objects.filter(name__in=ROLES)}
    return {name: found[name] for name in reversed(ROLES) if name in found}


def role_of(person: User) -> str:
    """Return the role of `person`, NO_ROLE for one who is not staff, and OTHER for any other combination."""
    if not (person.is_staff or person.is_superuser):
        return NO_ROLE
    held = list(person.groups.filter(name__in=ROLES).values_list("name", flat=True))
    return held[0] if len(held) == 1 and person.is_staff and not person.is_superuser else OTHER
