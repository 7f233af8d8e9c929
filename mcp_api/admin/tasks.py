"""Admin of tasks: state, progress and owner of each, and buttons to cancel it or to run it again."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import confirmation
from accounts.admin_base.filters import ClientFilter, PersonFilter
from accounts.admin_base.links import LINKED_LISTS, link_to, related
from accounts.admin_base.mixins import LargeTableMixin, ObjectActionsMixin, ReadOnlyMixin
from accounts.admin_base.operators import PersonSearchMixin
from accounts.admin_base.paging import CappedPaginator
from accounts.admin_base.period import PeriodFilter
from accounts.admin_base.states import StateFilter
from accounts.models import Event
from accounts.user_model import fields as user_fields
from mcp_api.extensions.tasks import pool, store, worker
from mcp_api.extensions.tasks.page import message_of, progress_of
from mcp_api.models import Task
from mcp_api.registry import tools as registry

CANCELLED = "The operator cancelled it."
MOST_EVENTS = 20
NOT_IDEMPOTENT = _("Its tool is not declared idempotent: what it did in the run before may happen twice.")
CHANGED = _("The task has changed since this page was opened. Look at it again, then confirm.")
SALT, CANCEL_SALT = "mcp_api.admin.tasks", "mcp_api.admin.tasks.cancel"
CANCEL_TEMPLATE = "admin/mcp_api/task/cancel.html"
TEMPLATE = "admin/mcp_api/task/run_again.html"
LINKED_LISTS.append((Task, _("tasks")))


# Of a task that has completed, with a result that is an error of its tool.
ERROR = "error"
# Of the style sheet (static/oauth_mcp/admin.css), where they differ.
CLASSES = {ERROR: "tool-error", Task.Status.INPUT_REQUIRED: "input-required"}


class TaskStateFilter(StateFilter):
    """The states of tasks, where those with a tool's error are apart from the completed ones."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = [(value, str(label)) for value, label in Task.Status.choices]
        return [*states, (ERROR, gettext("tool error"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        state = self.value()
        if not state:
            return queryset
        if state == ERROR:
            return queryset.filter(is_error=True)
        return queryset.filter(status=state, is_error=False)


class TaskPeriodFilter(PeriodFilter):
    """`?from=2026-11-01&to=2026-11-30`: tasks that began in these days."""

    column = "created_at"


@admin.register(Task)
class TaskAdmin(PersonSearchMixin, ObjectActionsMixin, ReadOnlyMixin, LargeTableMixin):
    """Arguments and results are encrypted, and not shown: the event of a call has arguments if the policy says so."""

    paginator = CappedPaginator
    ordering = ("-created_at",)
    list_display = ("tool", "person", "app", "state", "bar", "time")
    list_display_links = ("tool",)
    sortable_by = ("time",)
    list_select_related = ("user", "client")
    list_filter = (
        TaskStateFilter,
        PersonFilter.by("user"),
        ClientFilter.by("client__client_id"),
        TaskPeriodFilter,
        "tool",
    )
    search_fields = ("=tool", "client__name", "=id")
    search_help_text = _("A person, an app, a tool, or the ID of a task.")
    fields = (
        *("id", "tool", "person", "app", "shown_authorization", "state", "bar", "message", "begun", "took"),
        *("updated_at", "expires_at", "runs", "rounds", "address", "events"),
    )
    readonly_fields = fields
    shown_authorization = related("authorization", _("authorization"))
    actions = ("cancel",)
    object_actions: ClassVar[Sequence[str]] = ("cancel", "run_again")

    # --- Columns and fields --------------------------------------------------------------------

    @admin.display(description=_("person"), ordering=f"user__{user_fields.USERNAME}")
    def person(self, task: Task) -> SafeString | str:
        return link_to(task.user, on=task)

    @admin.display(description=_("app"))
    def app(self, task: Task) -> SafeString | str:
        return link_to(task.client, on=task)

    @admin.display(description=_("state"))
    def state(self, task: Task) -> SafeString:
        key, label = (ERROR, gettext("tool error")) if task.is_error else (task.status, task.get_status_display())
        return format_html('<span class="state state-{}">{}</span>', CLASSES.get(key, key), label)

    @admin.display(description=_("progress"))
    def bar(self, task: Task) -> SafeString | str:
        """Return a progress bar if the total is known, or what the tool last reported."""
        message = message_of(task)
        if task.progress is None or not task.total:
            return message or "-"
        label = progress_of(task)
        bar = format_html('<progress value="{}" max="{}" aria-label="{}"></progress>', task.progress, task.total, label)
        return format_html("{} <small>{}</small>", bar, message or label)

    @admin.display(description=_("begun"), ordering="created_at")
    def time(self, task: Task) -> SafeString:
        """Return when it began, and for how long it has run, waited or did so: one column for narrow screens."""
        # Translators: for how long it has run, waited or did so: "for 3 minutes".
        took = gettext("for %(duration)s") % {"duration": self.took(task)}
        return format_html("{} <small>{}</small>", self.begun(task), took)

    @admin.display(description=_("begun"))
    def begun(self, task: Task) -> str:
        return date_format(timezone.localtime(task.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=pgettext_lazy("for how long", "for"))
    def took(self, task: Task) -> str:
        end = timezone.now() if task.status in store.LIVE else task.updated_at
        seconds = (end - task.created_at).total_seconds()
        if seconds < 60:
            # Translators: seconds, abbreviated: "1.2 s".
            return gettext("%(number)s s") % {"number": number_format(round(seconds, 1), 1)}
        return timesince(task.created_at, end)

    @admin.display(description=_("events"))
    def events(self, task: Task) -> SafeString | str:
        """Return links to the events of its call and of its runs."""
        found = Event.objects.filter(user_id=task.user_id, at__gte=task.created_at, detail=f"Task {task.pk}")
        rows = [(link_to(event, str(event), on=task),) for event in found.order_by("pk")[:MOST_EVENTS]]
        return format_html_join(mark_safe("<br>"), "{}", rows) or "-"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Allow the parameter of ClientFilter, which has the name of a field that no page shows by that name."""
        return lookup == ClientFilter.parameter_name or super().lookup_allowed(lookup, value, request)

    # --- Actions -------------------------------------------------------------------------------

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Require the permission to change tasks, although no page changes a field."""
        return request.user.has_perm("mcp_api.change_task")

    def is_applicable(self, action: str, obj: Task) -> bool:
        is_live = obj.status in store.LIVE
        return is_live if action == "cancel" else not is_live and obj.expires_at > timezone.now()

    @admin.action(description=_("Cancel task…"), permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Task]) -> HttpResponse | None:
        """Cancel the tasks that have not ended, once the operator confirms that."""
        live = list(queryset.filter(status__in=store.LIVE).select_related("user", "client"))
        if not live:
            self.message_user(request, gettext("Nothing to cancel: no task was live."), messages.INFO)
            return None
        digest = confirmation.digest_of(sorted(str(task.pk) for task in live), salt=CANCEL_SALT)
        if not confirmation.is_confirmed(request, digest, changed=str(CHANGED)):
            title = _cancel_title(live)
            context = {
                "tasks": live,
                "fields": confirmation.fields_of(request),
                "cancel_url": self.back_url(request, queryset),
            }
            return confirmation.confirmation_page(self, request, CANCEL_TEMPLATE, title=title, digest=digest, **context)
        self.log_bulk(request, live, "Cancelled.")
        worker.cancel(reason=CANCELLED, pk__in=[task.pk for task in live])
        names = ", ".join(task.tool for task in live[:5])
        self.message_user(request, gettext("Cancelled: %(names)s.") % {"names": names}, messages.SUCCESS)
        return None

    @admin.action(description=_("Run again…"), permissions=["manage"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Task]) -> HttpResponse | None:
        """Run an ended task again, from the beginning, with the answers so far, once the operator confirms that."""
        task = queryset.select_related("user", "client").get()
        tool = registry.find(task.tool)
        if tool is None:
            text = gettext("There is no tool %(name)s any more.") % {"name": task.tool}
            self.message_user(request, text, messages.ERROR)
            return None
        if not self.is_applicable("run_again", task):
            self.message_user(
                request, gettext("Nothing to run again: it has not ended, or has expired."), messages.INFO
            )
            return None
        digest = confirmation.digest_of((str(task.pk), task.runs, task.status), salt=SALT)
        if not confirmation.is_confirmed(request, digest, changed=str(CHANGED)):
            warning = "" if tool.annotations["idempotentHint"] else NOT_IDEMPOTENT
            context = {"task": task, "warning": warning, "cancel_url": self.back_url(request, queryset)}
            title = gettext("Run %(name)s again?") % {"name": task.tool}
            return confirmation.confirmation_page(self, request, TEMPLATE, title=title, digest=digest, **context)
        if store.run_again(task.pk):
            self.log_bulk(request, [task], "Run again.")
            pool.enqueue(task)
            text = gettext("%(name)s waits for another run.") % {"name": task.tool}
            self.message_user(request, text, messages.SUCCESS)
        return None


def _cancel_title(tasks: Sequence[Task]) -> str:
    if len(tasks) == 1:
        return gettext("Cancel %(name)s?") % {"name": tasks[0].tool}
    return ngettext("Cancel %(count)s task?", "Cancel %(count)s tasks?", len(tasks)) % {"count": len(tasks)}
