"""The tasks of a person on their page *Your apps*: what runs in their name, with a button to cancel each."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views import View

from accounts.user_model import User
from mcp_api.errors import McpError
from mcp_api.extensions.tasks import lookup, store, worker
from mcp_api.models import Task
from mcp_api.registry import tools as registry

MOST_SHOWN = 20
CANCELLED = "The person cancelled it."


def section(request: HttpRequest) -> str:
    """Return the section of the page, or "" if nothing runs in the person's name."""
    person = cast(User, request.user)
    live = Task.objects.filter(user=person, status__in=store.LIVE).select_related("client")
    tasks = [_shown(task) for task in live.order_by("-created_at")[:MOST_SHOWN]]
    return render_to_string("mcp_api/tasks.html", {"tasks": tasks}, request) if tasks else ""


def _shown(task: Task) -> dict[str, Any]:
    tool = registry.find(task.tool)
    return {
        "task": task,
        "title": str(tool.title) if tool is not None else task.tool,
        "message": message_of(task),
        "asks": task.status == Task.Status.INPUT_REQUIRED,
    }


def message_of(task: Task) -> str:
    """Return what the tool last reported, or how far it is, in the reader's language: the wire's text is English."""
    if task.message or task.progress is None or task.status != Task.Status.WORKING:
        return task.message
    return progress_of(task)


def progress_of(task: Task) -> str:
    """Return how far a task is that has reported it: "3", or "3 of 10"."""
    done, total = (None if number is None else _number(number) for number in (task.progress, task.total))
    return str(done) if total is None else _("%(done)s of %(total)s") % {"done": done, "total": total}


def _number(number: float) -> str:
    return number_format(f"{number:g}")


class CancelTaskView(LoginRequiredMixin, View):
    """Cancels a task of the person who is signed in."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            task = lookup.of_person(cast(User, request.user), request.POST.get("task", ""))
        except McpError:
            task = None
        if task is not None and worker.cancel(reason=CANCELLED, pk=task.pk):
            messages.success(request, _("Cancelled."))
        else:
            messages.info(request, _("Nothing to cancel: the task has ended."))
        return HttpResponseRedirect(reverse("oauth_mcp:connected_apps"))
