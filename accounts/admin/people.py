"""The people who sign in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.links import summary_of
from accounts.admin.mixins import DeletesWithEverything, RevokesAuthorizations
from accounts.models import Authorization, AuthorizationQuerySet, Client, User


@admin.register(User)
class PersonAdmin(RevokesAuthorizations, DeletesWithEverything, UserAdmin):
    consents_by = "user"
    show_full_result_count = False
    list_display = ("username", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    readonly_fields = ("last_login", "date_joined", "access")
    fieldsets = (*UserAdmin.fieldsets, ("Access", {"fields": ("access",)}))  # type: ignore[misc]

    def authorizations_of(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(consent__user__in=rows)

    @admin.display(description="authorizations")
    def access(self, person: User) -> SafeString:
        return summary_of(Authorization.objects.filter(consent__user=person), person=person.pk)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # A client serves more people than the one who registered it, and outlives them.
        Client.objects.filter(user__in=queryset).update(user=None)
        super().delete_queryset(request, queryset)
