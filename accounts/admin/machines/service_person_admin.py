"""Admin of service people whose model is not this project's: which people of the site stand for machines."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.machines.service_people import ABOUT
from accounts.admin.rights import has_rights_of, is_ordinary
from accounts.admin_base.links import related, summary_of
from accounts.admin_base.mixins import LargeTableMixin
from accounts.models import Authorization, ServicePerson
from accounts.user_model import User
from accounts.user_model import fields as user_fields

HELP = _("As this person signs in. The site has to add the person first.")


class ServicePersonRowForm(forms.ModelForm):
    """The form that makes a person of the site a service person."""

    operator: User | AnonymousUser = AnonymousUser()
    name = forms.CharField(label=_("person"), max_length=user_fields.LONGEST_KEY, help_text=HELP)

    class Meta:
        model = ServicePerson
        fields = ()

    def clean_name(self) -> str:
        """Choose the person. Raises ValidationError for one who is unknown, staff, or has more rights."""
        name = str(self.cleaned_data["name"])
        person = User._default_manager.filter(**{user_fields.USERNAME: name}).first()
        if person is None:
            raise ValidationError(gettext("Nobody of this site signs in by that name. Add the person first."))
        if ServicePerson.objects.filter(user=person).exists():
            raise ValidationError(gettext("This is a service person already."))
        if not is_ordinary(person):
            raise ValidationError(gettext("A service person cannot be staff or a superuser: it never signs in."))
        if not has_rights_of(self.operator, person):
            raise ValidationError(gettext("This person has permissions that you lack. Ask a superuser."))
        self.instance.user = person
        return name


class ServicePersonAdmin(LargeTableMixin):
    form = ServicePersonRowForm
    list_display = ("person", "access")
    list_select_related = ("user",)
    search_fields = (f"user__{user_fields.USERNAME}",)
    readonly_fields = ("person", "access")
    person = related("user", _("person"))

    def get_fieldsets(self, request: HttpRequest, obj: ServicePerson | None = None) -> Any:
        fields = ("name",) if obj is None else ("person", "access")
        return ((None, {"fields": fields, "description": ABOUT}),)

    def get_form(self, request: HttpRequest, obj: ServicePerson | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        made = super().get_form(request, obj, **kwargs)
        return type(made.__name__, (made,), {"operator": request.user})

    def has_change_permission(self, request: HttpRequest, obj: ServicePerson | None = None) -> bool:
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ServicePerson]) -> None:
        # One by one, because what was issued to each is revoked.
        for row in queryset:
            row.delete()

    @admin.display(description=_("authorizations"))
    def access(self, row: ServicePerson) -> SafeString:
        return summary_of(Authorization.objects.filter(consent__user=row.user_id), on=row, person=row.user_id)
