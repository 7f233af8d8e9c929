"""Permissions of staff over people: only superusers may change staff and superusers.

With Django's permission to change users alone, a helpdesk could make itself superuser or take over a superuser.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.links import related
from accounts.admin_base.operators import PersonSearchMixin
from accounts.client_credentials.service_access import access_of
from accounts.models import Client, service_condition
from accounts.user_model import User
from accounts.user_model.fields import USERNAME


def is_ordinary(person: User) -> bool:
    return not (getattr(person, "is_staff", False) or person.is_superuser)


def may_manage(operator: User | AnonymousUser, person: User) -> bool:
    """Return whether `operator` may change `person` at all."""
    return operator.is_superuser or is_ordinary(person)


def has_rights_of(operator: User | AnonymousUser, person: User) -> bool:
    """Return whether `person` is ordinary and has no permission or group that `operator` lacks."""
    if operator.is_superuser:
        return True
    groups = Group.objects.filter(user=person).exclude(user=operator.pk)
    return (
        is_ordinary(person) and person.get_all_permissions() <= operator.get_all_permissions() and not groups.exists()
    )


def choosable(operator: User | AnonymousUser) -> QuerySet[User]:
    """Return the service people whom `operator` may let a client act as: those with no rights that they lack."""
    found = User._default_manager.filter(service_condition()).order_by(USERNAME)
    if operator.is_superuser:
        return found
    return found.filter(pk__in=[person.pk for person in found if has_rights_of(operator, person)])


def may_act_through(operator: User | AnonymousUser, client: Client) -> bool:
    """Return whether `operator`, with the credentials of `client`, would gain no rights of its service person."""
    access = access_of(client)
    return access is None or has_rights_of(operator, access.user)


class SignInMethodMixin(PersonSearchMixin):
    """Sign-in methods, which are rows with a `user`. They can only be viewed and deleted, under the same rule."""

    person = related("user", _("person"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or has_rights_of(request.user, obj.user))


class SuperusersOnlyMixin(admin.ModelAdmin):
    """Rows that give permissions. Staff with the permission to view them may do that; only superusers change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser
