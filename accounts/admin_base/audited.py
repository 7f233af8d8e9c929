"""Mixin that records each change in admin as an event, in addition to Django's history of the row."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import models
from django.http import HttpRequest
from django.utils import translation

from accounts.admin_base.lookups import GuardedLookupsMixin
from accounts.admin_base.operators import OperatorMixin
from accounts.audit import events
from accounts.models import Client, Event

# Histories and events are stored in one language, whichever the operator reads.
STORED_LANGUAGE = "en"
VERBS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


class AuditedMixin(OperatorMixin, GuardedLookupsMixin):
    """Records additions, changes and deletions, with the operator, the address and the row."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        with translation.override(STORED_LANGUAGE):
            return self._record(request, [obj], super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        with translation.override(STORED_LANGUAGE):
            return self._record(request, [obj], super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        rows = list(queryset)
        with translation.override(STORED_LANGUAGE):
            return self._record(request, rows, super().log_deletions(request, queryset))

    def log_bulk(self, request: HttpRequest, rows: Iterable[models.Model], message: str) -> None:
        """Write `message` to the history of each of `rows`, and an event for each."""
        assert request.user.pk is not None
        changed = list(rows)
        with translation.override(STORED_LANGUAGE):
            logged = LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, message)
            self._record(request, changed, logged)

    def _record(self, request: HttpRequest, rows: list[Any], logged: Any) -> Any:
        entries: list[LogEntry] = [logged] if isinstance(logged, LogEntry) else list(logged or [])
        events.record_all(
            events.describe(
                Event.Kind.ADMIN,
                action=f"{VERBS[entry.action_flag]} {row._meta.verbose_name}",
                detail=f"{entry.object_repr}: {entry.get_change_message()}".removesuffix(": "),
                request=request,
                user=request.user,
                client=row if isinstance(row, Client) else None,
            )
            for row, entry in zip(rows, entries, strict=True)
        )
        return logged
