"""Behaviour that several admin pages share: read-only rows, buttons for one row, revocation, deletion."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.views.decorators.csrf import csrf_protect

from accounts.admin_base.audited import AuditedMixin
from accounts.db.short_transactions import short_transaction
from accounts.models import Authorization, AuthorizationQuerySet, Consent
from accounts.revocation.authorizations import in_batches, revoke
from accounts.revocation.deletion import AT_ONCE, delete_all, end_access, issued_of

# What the template of a button needs: its label and where it leads.
Link = dict[str, str]
STOPPED = "The deletion stopped before its end. Access has ended. Delete again to finish."


class LargeTableMixin(AuditedMixin):
    """A list that stays quick with 100,000 rows: newest first by primary key, and counted no more than it must be."""

    ordering = ("-pk",)
    show_full_result_count = False
    # To count each choice of each filter is to read all of the rows as often.
    show_facets = admin.ShowFacets.NEVER


class ReadOnlyMixin(admin.ModelAdmin):
    """Rows that the server alone writes: looked at here, never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ObjectActionsMixin(AuditedMixin):
    """Offers actions on the page of a single row too, as buttons.

    `object_actions` names methods with the signature of an admin action; each is called with
    a queryset of one, on POST alone. Its description is the button's label.
    """

    object_actions: ClassVar[Sequence[str]] = ()

    def offers(self, action: str, obj: Any) -> bool:
        """Whether `action` would mean anything to `obj`; what it would not, has no button."""
        return True

    def version_of(self, obj: Any) -> str:
        """What buttons send as `seen`, so that an action can tell whether `obj` has changed since the page was made."""
        return ""

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Pages on which more is done to `obj`, for somebody who may."""
        return []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_on_one)
        return [path("<path:object_id>/act/<str:action>/", view, name=self._url_name("act")), *super().get_urls()]

    def act_on_one(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if action not in self.object_actions:
            raise Http404
        # The buttons are on the row's own page: an act is for those who may open it.
        if not (self.has_view_permission(request) and self._is_allowed(request, action)):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        getattr(self, action)(request, self.get_queryset(request).filter(pk=obj.pk))
        if back := request.POST.get("back", ""):
            # To the list that it was pressed in, with its filters.
            listed = reverse(f"admin:{self._url_name('changelist')}")
            return HttpResponseRedirect(f"{listed}?{back.removeprefix('?')}")
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=(quote(obj.pk),)))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = context["original"]
        context["object_actions"] = self._buttons(request, obj)
        context["object_links"] = self.links(request, obj) if obj is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def _buttons(self, request: HttpRequest, obj: Any | None) -> list[Link]:
        return [
            {
                "label": getattr(self, action).short_description,
                "url": reverse(f"admin:{self._url_name('act')}", args=(quote(obj.pk), action)),
                "seen": self.version_of(obj),
            }
            for action in self.object_actions
            if obj is not None and self._is_allowed(request, action) and self.offers(action, obj)
            if self._is_allowed_for(request, action, obj)
        ]

    def _is_allowed_for(self, request: HttpRequest, action: str, obj: Any) -> bool:
        """Whether `action` may be done to that one row, by whom it may be done at all."""
        return True

    def _is_allowed(self, request: HttpRequest, action: str) -> bool:
        permissions = getattr(getattr(self, action), "allowed_permissions", ())
        return all(getattr(self, f"has_{permission}_permission")(request) for permission in permissions)

    def _url_name(self, view: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view}"


class RevokeAuthorizationsMixin(ObjectActionsMixin):
    """Ends the authorizations that rows stand on or for, one row at a time or many."""

    actions = ["revoke_access"]
    object_actions: ClassVar[Sequence[str]] = ("revoke_access",)

    def authorizations_of(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        """The authorizations to end when `rows` are to lose their access."""
        raise NotImplementedError

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """To revoke is to change an authorization, from whichever page."""
        return request.user.has_perm("accounts.change_authorization")

    @admin.action(description="Revoke access", permissions=["revoke"])
    def revoke_access(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # Before revoking, which may take rows out of a list that shows live ones only.
        self.log_bulk(request, queryset, "Revoked access.")
        ended = revoke(self.authorizations_of(queryset), reason="operator")
        if ended:
            self.message_user(request, f"{ended} authorization{pluralize(ended)} revoked.", messages.SUCCESS)
        else:
            self.message_user(request, "Nothing to revoke: no authorization here was still alive.", messages.INFO)


class CascadingDeletionMixin(AuditedMixin):
    """Deletes people or clients with all that hangs on them: consents, authorizations, codes and tokens.

    The permission to delete the person or client is enough. The confirmation counts rows
    instead of listing them, and a deletion is many short transactions (accounts/revocation/deletion.py):
    there may be 100,000 tokens. Events name people and clients by value, and stay.
    """

    # Consent's foreign key to this model.
    consents_by: ClassVar[str]
    most_listed = 20

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        name = capfirst(self.opts.verbose_name)
        listed = [f"{name}: {obj}" for obj in objs[: self.most_listed]]
        total = len(objs)
        if total > self.most_listed:
            listed.append(f"… and {total - self.most_listed} more")
        counts = {str(self.opts.verbose_name_plural): total}
        for rows in (self._consents(objs), self._authorizations(objs), *self._issued(objs)):
            counts[str(rows.model._meta.verbose_name_plural)] = rows.count()
        return listed, {kind: count for kind, count in counts.items() if count}, set(), []

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's, but for the one transaction around all of it."""
        return self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Record who deletes `queryset`, and end its access in the same transaction, before anything is deleted."""
        for batch in in_batches(list(queryset), AT_ONCE):
            with short_transaction():
                end_access(self._chosen(batch))
                super().log_deletions(request, batch)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self._delete_all(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # Operators who delete themselves come last, so that the history can still name them.
        self._delete_all(request, sorted(queryset, key=lambda row: row == request.user))

    def _delete_all(self, request: HttpRequest, rows: list[Any]) -> None:
        """Delete `rows`, whose access has ended. Where that fails, the history says so, and it can be repeated."""
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
        return Consent.objects.filter(**{f"{self.consents_by}__in": rows})

    def _authorizations(self, rows: QuerySet[Any] | Sequence[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(consent__in=self._consents(rows))

    def _issued(self, rows: QuerySet[Any] | Sequence[Any]) -> list[QuerySet[Any]]:
        return issued_of(self._authorizations(rows))
