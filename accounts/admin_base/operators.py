"""The operator who looks at a page of admin, so that links lead only to pages that they may open."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.http import HttpRequest

from accounts.user_model import User
from accounts.user_model import fields as user_fields

# An app's own model may have a field `operator`, which this must not change.
OPERATOR = "_admin_operator"


class OperatorMixin(admin.ModelAdmin):
    """Remembers, at each row that a page shows, the operator who looks at it."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # An empty `?_to_field=` names no field, and Django does not check it.
        row: Any = super().get_object(request, object_id, from_field or None)
        if row is not None:
            setattr(row, OPERATOR, request.user)
        return row

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # The rows stay in the queryset's cache.
        for row in changelist.result_list:
            setattr(row, OPERATOR, request.user)
        return changelist


class PersonSearchMixin(admin.ModelAdmin):
    """Searches a list by the person of a row, too: by username, and by name and address for those who may view people.

    What a search finds would tell others of them.
    """

    # The path to the person from a row.
    person_path: ClassVar[str] = "user"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        columns = [user_fields.USERNAME]
        if may_open(request.user, User):
            columns += user_fields.PRIVATE
        return [*(f"{self.person_path}__{column}" for column in columns), *super().get_search_fields(request)]


def may_view(row: Model, of: Model | type[Model]) -> bool:
    """Return whether the operator of `row` may view the rows of the model `of`."""
    operator = getattr(row, OPERATOR, None)
    return operator is not None and may_open(operator, of)


def may_open(operator: Any, of: Model | type[Model]) -> bool:
    """Return whether `operator` may view the rows of the model `of`, as Django's admin decides it."""
    names = (f"{of._meta.app_label}.{get_permission_codename(verb, of._meta)}" for verb in ("view", "change"))
    return any(operator.has_perm(name) for name in names)
