"""Mixins of admin pages: large tables, read-only rows, buttons for one row, deletion."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect

from accounts.admin_base.audited import AuditedMixin
from accounts.db.short_transactions import short_transaction
from accounts.models import Authorization, AuthorizationQuerySet, Consent
from accounts.revocation.authorizations import in_batches
from accounts.revocation.deletion import AT_ONCE, delete_all, end_access, issued_of

# The label and URL of a button.
Link = dict[str, Any]
STOPPED = "The deletion stopped before it was complete. Access has ended. Delete again to finish."


class LargeTableMixin(AuditedMixin):
    """A list that stays fast with 100,000 rows: newest first by primary key, with as few counts as possible."""

    ordering = ("-pk",)
    show_full_result_count = False
    # Facets would count all rows for each choice of each filter.
    show_facets = admin.ShowFacets.NEVER


class ReadOnlyMixin(admin.ModelAdmin):
    """Rows that only the server writes: they can be viewed, but not added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ObjectActionsMixin(AuditedMixin):
    """Adds buttons for actions to the page of a single row.

    `object_actions` names methods with the signature of an admin action. Each is called on POST, with a queryset of one
    row. Its description is the button's label, which ends in "…": the action returns a page that says what follows, and
    asks for confirmation (accounts/admin_base/confirmation.py).
    """

    object_actions: ClassVar[Sequence[str]] = ()

    def is_applicable(self, action: str, obj: Any) -> bool:
        """Return whether `obj` gets a button for `action`."""
        return True

    def get_object_links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Return links to further pages about `obj` that the operator may open."""
        return []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.object_action_view)
        return [path("<path:object_id>/act/<str:action>/", view, name=self._url_name("act")), *super().get_urls()]

    def object_action_view(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """Run `action` for one row, then redirect. Raises PermissionDenied and Http404."""
        if action not in self.object_actions:
            raise Http404
        if request.method != "POST":
            # A sign-in or a reload leads here with GET, which runs nothing.
            return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=(object_id,)))
        # The buttons are on the row's page, so the action requires the permission to view it.
        if not (self.has_view_permission(request) and self._is_allowed(request, action)):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self._is_allowed_for(request, action, obj):
            raise PermissionDenied
        rows = self.get_queryset(request).filter(pk=obj.pk)
        page: HttpResponse | None = getattr(self, action)(request, rows)
        return page or HttpResponseRedirect(self.back_url(request, rows))

    def back_url(self, request: HttpRequest, rows: QuerySet[Any]) -> str:
        """Return the URL of the page with the button of an action: a list with its filters, or the row of `rows`."""
        changelist = reverse(f"admin:{self._url_name('changelist')}")
        if back := request.POST.get("back", ""):
            return f"{changelist}?{back.removeprefix('?')}"
        if ACTION_CHECKBOX_NAME in request.POST:
            return request.get_full_path()
        return reverse(f"admin:{self._url_name('change')}", args=(quote(rows.values_list("pk", flat=True)[0]),))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = context["original"]
        context["object_actions"] = self.get_object_actions(request, obj)
        context["object_links"] = self.get_object_links(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def get_object_actions(self, request: HttpRequest, obj: Any | None) -> list[Link]:
        """Return the buttons of the actions that the operator may apply to `obj`."""
        return [
            {
                "label": getattr(self, action).short_description,
                "url": reverse(f"admin:{self._url_name('act')}", args=(quote(obj.pk), action)),
            }
            for action in self.object_actions
            if obj is not None and self._is_allowed(request, action) and self.is_applicable(action, obj)
            if self._is_allowed_for(request, action, obj)
        ]

    def _is_allowed_for(self, request: HttpRequest, action: str, obj: Any) -> bool:
        """Return whether the operator, who has the permission for `action`, may apply it to `obj`."""
        return True

    def _is_allowed(self, request: HttpRequest, action: str) -> bool:
        permissions = getattr(getattr(self, action), "allowed_permissions", ())
        return all(getattr(self, f"has_{permission}_permission")(request) for permission in permissions)

    def _url_name(self, view: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view}"


class CascadingDeletionMixin(AuditedMixin):
    """Deletes people or clients with their consents, authorizations, codes and tokens.

    The permission to delete the person or client is sufficient. There may be 100,000 tokens, so the confirmation counts
    rows instead of listing them, and the deletion runs in many short transactions (accounts/revocation/deletion.py).
    Events hold names and ids as values, and remain.
    """

    # The foreign key of Consent to this model.
    consent_field: ClassVar[str]
    max_listed = 20

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        name = capfirst(self.opts.verbose_name)
        listed = [f"{name}: {obj}" for obj in objs[: self.max_listed]]
        total = len(objs)
        if total > self.max_listed:
            more = total - self.max_listed
            listed.append(ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more})
        counts = {str(self.opts.verbose_name_plural): total}
        for rows in (self._consents(objs), self._authorizations(objs), *self._issued(objs)):
            counts[str(rows.model._meta.verbose_name_plural)] = rows.count()
        return listed, {kind: count for kind, count in counts.items() if count}, set(), []

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Run Django's view without its transaction around the whole deletion."""
        return self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log the deletion of `queryset` and end its access in the same transaction, before anything is deleted."""
        for batch in in_batches(list(queryset), AT_ONCE):
            with short_transaction():
                end_access(self._chosen(batch))
                super().log_deletions(request, batch)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self._delete_all(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # An operator's own row is deleted last, so that the history can still name the operator.
        self._delete_all(request, sorted(queryset, key=lambda row: row == request.user))

    def _delete_all(self, request: HttpRequest, rows: list[Any]) -> None:
        """Delete `rows`, whose access has ended. If that fails, the history says so; the deletion can be repeated."""
        left = list(rows)
        try:
            while left:
                delete_all(left[:AT_ONCE], reason="operator")
                del left[:AT_ONCE]
        except Exception:
            for batch in in_batches(left):
                self.log_bulk(request, self._chosen(batch), STOPPED)
            raise

    def _chosen(self, rows: Sequence[Any]) -> QuerySet[Any]:
        return self.model._default_manager.filter(pk__in=[row.pk for row in rows])

    def _consents(self, rows: QuerySet[Any] | Sequence[Any]) -> QuerySet[Consent]:
        return Consent.objects.filter(**{f"{self.consent_field}__in": rows})

    def _authorizations(self, rows: QuerySet[Any] | Sequence[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(consent__in=self._consents(rows))

    def _issued(self, rows: QuerySet[Any] | Sequence[Any]) -> list[QuerySet[Any]]:
        return issued_of(self._authorizations(rows))
