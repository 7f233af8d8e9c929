"""The extension: what it advertises, and the calls of tools that it runs as tasks."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import McpError
from mcp_api.extensions.extension import Extension, Handler, Method, Params, Result
from mcp_api.extensions.tasks import lookup, methods, pool, store, wire, worker
from mcp_api.extensions.tasks.exchange import TaskExchange
from mcp_api.extensions.tasks.wire import DetailedTask, TaskParams, TaskResult, UpdateParams, details_of, summary_of
from mcp_api.methods import tools
from mcp_api.methods.runner import checked
from mcp_api.models import Task
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool

IDENTIFIER = "io.modelcontextprotocol/tasks"
NOTIFICATION = "notifications/tasks"
# Of one subscription.
MOST_WATCHED = 100


class Tasks(Extension):
    """Long calls of tools as tasks (SEP-2663). Only modern clients can declare it: a legacy result has no type."""

    identifier = IDENTIFIER
    methods = {
        "tasks/get": Method(
            handler=methods.get, params=TaskParams, result=DetailedTask, named_by="taskId", is_recorded=False
        ),
        "tasks/update": Method(handler=methods.update, params=UpdateParams, result=Result, named_by="taskId"),
        "tasks/cancel": Method(handler=methods.cancel, params=TaskParams, result=Result, named_by="taskId"),
    }
    result_types = {"task": TaskResult}
    runs_calls = True

    def settings(self) -> dict[str, Any] | None:
        return {} if worker.is_offered() else None

    def is_declared(self, call: Call) -> bool:
        return call.request.is_modern and super().is_declared(call)

    # --- Calls of tools --------------------------------------------------------------------------

    def handler_of(self, call: Call) -> Handler | None:
        """Return what creates the task of a tool that becomes one at once."""
        tool = _task_tool(call)
        if tool is None or not self.is_declared(call):
            return None if tool is None or tool.task != "required" else self._refuse
        return create if tool.task_after <= 0 else None

    def exchange_of(self, incoming: Incoming, call: Call) -> TaskExchange | None:
        tool = _task_tool(call)
        if tool is None or not self.is_declared(call):
            return None
        worker.start()
        return TaskExchange(incoming, call)

    def _refuse(self, call: Call) -> dict[str, Any]:
        """Refuse the call of a tool that needs a client with tasks. An unknown tool stays unknown."""
        tools.admitted(call)
        self.require_declared(call)
        raise AssertionError("This client declares the extension.")

    # --- Notifications ---------------------------------------------------------------------------

    def honoured(self, call: Call, asked: Params) -> Params:
        task_ids = asked.get("taskIds")
        if task_ids is None:
            return {}
        self.require_declared(call)
        if not isinstance(task_ids, list) or not all(isinstance(each, str) for each in task_ids):
            raise McpError(INVALID_PARAMS, "notifications.taskIds is a list of strings.")
        known = lookup.known(call.principal, task_ids[:MOST_WATCHED])
        Task.objects.filter(pk__in=known).update(watched=True)
        return {"taskIds": known}

    def topics(self, honoured: Params) -> Iterable[str]:
        return [wire.topic(task_id) for task_id in honoured.get("taskIds", ())]

    def first_notifications(self, call: Call, honoured: Params) -> Iterable[tuple[str, Params]]:
        for task_id in honoured.get("taskIds", ()):
            yield from self._state_of(call, task_id)

    def notification(self, call: Call, honoured: Params, body: dict[str, Any]) -> tuple[str, Params] | None:
        task_id = body["params"].get("taskId")
        if body["method"] != NOTIFICATION or task_id not in honoured.get("taskIds", ()):
            return None
        return next(self._state_of(call, task_id), None)

    def _state_of(self, call: Call, task_id: str) -> Iterator[tuple[str, Params]]:
        """Yield the notification of a task's state, or nothing for one that this client and person does not have."""
        with suppress(McpError):
            yield NOTIFICATION, details_of(lookup.of(call.principal, task_id))


def create(call: Call) -> dict[str, Any]:
    """Create the task of a call, which waits for a run. Raises ToolFailed for arguments that do not fit."""
    tool, sent = tools.admitted(call)
    with tools.as_tool_failures(call, tool):
        checked(tool.arguments, sent)
    task = store.create(call, tool, runs_here=False)
    pool.enqueue(task)
    call.channel.event_fields = {"reason": "task_created", "detail": f"Task {task.pk}"}
    return {"resultType": "task", **summary_of(task)}


def _task_tool(call: Call) -> Tool | None:
    """Return the tool that is called if its call may become a task, and is none yet.

    Calls of the command line and of /tools/ never do: they have no authorization that a task could belong to.
    """
    if call.request.method != "tools/call" or call.channel.is_detached or not call.principal.authorization_id:
        return None
    target = targets.find(call.request)
    return target if isinstance(target, Tool) and target.task is not None else None
