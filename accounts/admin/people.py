"""Admin of people and groups."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.activity.page import activity_links
from accounts.admin.end_access import EndAccessMixin
from accounts.admin.machines.service_people import ServicePeopleMixin
from accounts.admin.permission_names import with_names
from accounts.admin.person_forms import PersonForm, RoleForm
from accounts.admin.rights import SuperusersOnlyMixin, has_rights_of, may_manage
from accounts.admin.support.page import SupportMixin
from accounts.admin_base.audited import AuditedMixin
from accounts.admin_base.confirmation import asks
from accounts.admin_base.filters import RecentlyActiveFilter
from accounts.admin_base.links import summary_of
from accounts.admin_base.mixins import CascadingDeletionMixin, Link
from accounts.email import addresses as email_addresses
from accounts.models import Authorization
from accounts.people import password_reset
from accounts.user_model import User

ACCESS: Any = (_("Access"), {"fields": ("access",)})
WITH_RIGHTS: Any = (
    (None, {"fields": ("username", "role", "password")}),
    (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
    (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    (_("User permissions"), {"classes": ("collapse",), "fields": ("user_permissions",)}),
    (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    ACCESS,
)
# The fields that staff who are not superusers may change of an ordinary person, and those that they see.
CHANGEABLE = ("first_name", "last_name", "is_active")
WITHOUT_RIGHTS = (
    (None, {"fields": ("username",)}),
    (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
    (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    ACCESS,
)
MORE_RIGHTS = _("This person has permissions that you lack. Ask a superuser.")


@admin.register(User)
class PersonAdmin(SupportMixin, ServicePeopleMixin, EndAccessMixin, CascadingDeletionMixin, UserAdmin):
    """Superusers can change everybody. Other staff with the permission to change users can change ordinary people."""

    form = PersonForm
    consent_field = "user"
    show_full_result_count = False
    list_display = ("marked_name", "email", "is_active", "is_staff", "last_login")
    list_filter = (RecentlyActiveFilter, "is_active", "is_staff", "is_superuser", "is_service", "groups")
    readonly_fields = ("last_login", "date_joined", "access", "kind", "acted_as_by")
    fieldsets = WITH_RIGHTS
    actions = ["end_access", "reactivate"]
    object_actions: ClassVar[Sequence[str]] = ("reset_password", "end_access", "reactivate")

    def get_object_links(self, request: HttpRequest, obj: User) -> list[Link]:
        return [*super().get_object_links(request, obj), *activity_links(request, person=obj.pk)]

    # --- Permissions ---------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or has_rights_of(request.user, obj))

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Return a form with the role only for superusers: a field that a form declares is read, shown or not."""
        has_role = obj is not None and not obj.is_service and request.user.is_superuser
        with_role = {"form": RoleForm} if has_role else {}
        return super().get_form(request, obj, **{**kwargs, **with_role})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return with_names(super().formfield_for_manytomany(db_field, request, **kwargs))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or obj.is_service or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return WITHOUT_RIGHTS

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or request.user.is_superuser:
            return self.readonly_fields
        shown = [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return [name for name in shown if name not in CHANGEABLE]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Allow only superusers to set a password. Other staff send a link for a new one. Raises PermissionDenied."""
        person = self.get_object(request, unquote(id))
        if not request.user.is_superuser or (person is not None and person.is_service):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        allowed = request.user.is_superuser or all(self.has_delete_permission(request, person) for person in objs)
        return listed, counts, set() if allowed else {gettext("people with permissions that you lack")}, protected

    # --- Columns -------------------------------------------------------------------------------

    @admin.display(description=_("authorizations"))
    def access(self, person: User) -> SafeString:
        return summary_of(Authorization.objects.filter(consent__user=person), on=person, person=person.pk)

    # --- Actions -------------------------------------------------------------------------------

    def is_applicable(self, action: str, obj: User) -> bool:
        if action == "reset_password" and obj.is_service:
            return False
        return obj.is_active != (action == "reactivate") or action == "end_access"

    def _is_allowed_for(self, request: HttpRequest, action: str, obj: User) -> bool:
        if action == "reset_password" and not obj.is_active:
            return False
        return action == "end_access" or self.has_change_permission(request, obj)

    @admin.action(description=_("Send a link for a new password…"), permissions=["change"])
    @asks(
        _("Send {} a link for a new password?"),
        _(
            "The link goes to their verified email address, works once, and for a limited time. If that is not "
            "possible, the next page shows it, once. The present password works until it is replaced."
        ),
        button=_("Send the link"),
    )
    def reset_password(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Send the link to the person's verified address, or show it once if that is not possible."""
        person = queryset.get()
        if not (self.has_change_permission(request, person) and self.is_applicable("reset_password", person)):
            raise PermissionDenied
        address = password_reset.address_of(person)
        if address:
            self.log_bulk(request, [person], "Sent a link for a new password.")
            password_reset.send(request, person, address)
            self.message_user(
                request,
                gettext("A link for a new password was sent to %(address)s.") % {"address": address},
                messages.SUCCESS,
            )
        else:
            self._show_link(request, person)

    def _show_link(self, request: HttpRequest, person: User) -> None:
        # An operator who sees the link can act as that person.
        if not has_rights_of(request.user, person):
            self.message_user(request, MORE_RIGHTS, messages.ERROR)
            return
        self.log_bulk(request, [person], "Made a link for a new password.")
        text = gettext("Give this link to {}. It works once and is not shown again. <code>{}</code>")
        link = password_reset.link_for(request, person)
        self.message_user(request, format_html(text, person, link), messages.WARNING)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change and "email" in form.changed_data:
            email_addresses.prepare_change(obj, previous=form.initial["email"])
        super().save_model(request, obj, form, change)


admin.site.unregister(Group)


@admin.register(Group)
class RightsAdmin(SuperusersOnlyMixin, AuditedMixin, GroupAdmin):
    """Groups give permissions, and the policy of a tool can require one."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        return with_names(super().formfield_for_manytomany(db_field, request, **kwargs))
