"""Service people among the people of admin: their form, their page, and their mark in lists."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.links import link_to, named
from accounts.models import ServiceAccess
from accounts.user_model import User
from accounts.user_model.fields import USERNAME

SERVICE = "service"
ABOUT = _(
    "A service person is a machine: it has groups and permissions like everybody, but cannot sign in. A client acts as "
    "it by its own credentials, once you give it service access."
)
PERMISSIONS: Any = (_("Permissions"), {"fields": ("is_active", "groups")})
PAGE: Any = (
    (None, {"fields": ("username", "kind"), "description": ABOUT}),
    PERMISSIONS,
    (_("User permissions"), {"classes": ("collapse",), "fields": ("user_permissions",)}),
    (_("Access"), {"fields": ("acted_as_by", "access")}),
)
# For staff who are not superusers: of these fields, they change only whether it is active.
PAGE_WITHOUT_RIGHTS: Any = (PAGE[0], PERMISSIONS, PAGE[-1])


class ServicePersonForm(forms.ModelForm):
    """The form that adds a service person: a name, and no password."""

    class Meta:
        model = User
        fields = (USERNAME,)

    def clean_username(self) -> str:
        """Return the name. Raises ValidationError where a person has it, also in another case."""
        username = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(gettext("A person with this name exists already. Choose another name."))
        return username

    def save(self, commit: bool = True) -> Any:
        self.instance.is_service = True
        self.instance.set_unusable_password()
        return super().save(commit)


class ServicePeopleMixin(admin.ModelAdmin):
    """Adds the form at `?service=1`, the page of a service person, and the mark in the list."""

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        if adds_service(request, obj):
            kwargs["form"] = ServicePersonForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if adds_service(request, obj):
            return ((None, {"fields": ("username",), "description": ABOUT}),)
        if obj is not None and obj.is_service:
            return PAGE if request.user.is_superuser else PAGE_WITHOUT_RIGHTS
        return super().get_fieldsets(request, obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        title = {"title": gettext("Add service person")} if adds_service(request, None) else {}
        return super().add_view(request, form_url, {**title, **(extra_context or {})})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        # Django's form that adds a user takes both permissions.
        context = {"may_add_service": self.has_change_permission(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        return super().log_addition(request, obj, "Added as a service person." if obj.is_service else message)

    @admin.display(description=_("username"), ordering="username")
    def marked_name(self, person: User) -> SafeString | str:
        return named(person)

    @admin.display(description=_("kind"))
    def kind(self, person: User) -> SafeString | str:
        return gettext("A service person, which cannot sign in") if person.is_service else gettext("A person")

    @admin.display(description=_("clients that act as it"))
    def acted_as_by(self, person: User) -> SafeString | str:
        given = ServiceAccess.objects.filter(user=person).select_related("client").order_by("pk")
        linked = [(link_to(access, str(access.client), on=person), access.scope) for access in given]
        return format_html_join(", ", "{} ({})", linked) or gettext("none: give a client service access")


def adds_service(request: HttpRequest, obj: User | None) -> bool:
    return obj is None and SERVICE in request.GET
