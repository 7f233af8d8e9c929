"""Mixin that records each change in admin as an event, beside the history that Django keeps of each row."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import models
from django.http import HttpRequest

from accounts.admin_base.lookups import GuardedLookupsMixin
from accounts.audit import events
from accounts.models import Client, Event

DONE = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


class AuditedMixin(GuardedLookupsMixin):
    """Records who did what, from where, to which row."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._record(request, [obj], super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._record(request, [obj], super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        rows = list(queryset)
        return self._record(request, rows, super().log_deletions(request, queryset))

    def log_bulk(self, request: HttpRequest, rows: Iterable[models.Model], message: str) -> None:
        """Write to the history of each of `rows` who did what."""
        assert request.user.pk is not None
        listed = list(rows)
        self._record(request, listed, LogEntry.objects.log_actions(request.user.pk, listed, CHANGE, message))

    def _record(self, request: HttpRequest, rows: list[Any], logged: Any) -> Any:
        entries: list[LogEntry] = [logged] if isinstance(logged, LogEntry) else list(logged or [])
        events.record_all(
            events.describe(
                Event.Kind.ADMIN,
                action=f"{DONE[entry.action_flag]} {row._meta.verbose_name}",
                detail=f"{entry.object_repr}: {entry.get_change_message()}".removesuffix(": "),
                request=request,
                user=request.user,
                client=row if isinstance(row, Client) else None,
            )
            for row, entry in zip(rows, entries, strict=True)
        )
        return logged
