"""The rows of tasks: creation, and each change of state, which is one statement."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST

from accounts.db.text import storable
from accounts.models.authorizations import Authorization, usable_condition
from accounts.user_model import User
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.errors import McpError
from mcp_api.extensions.tasks.calls import record_end, request_of, seal
from mcp_api.extensions.tasks.wire import announce
from mcp_api.models import Task
from mcp_api.registry.tools import Tool

Status = Task.Status
IDLE = (Status.WAITING, Status.INPUT_REQUIRED)
LIVE = (Status.WORKING, *IDLE)
# A run that its process has not confirmed for so long counts as lost.
LEASE = timedelta(seconds=15)
# Runs of an idempotent tool whose process ended before it did.
MOST_RUNS = 5
LOST = "The server stopped while the tool ran. Call it again."
# Ended tasks of one person.
MOST_KEPT = 500
# Characters of an encrypted outcome, a third more than of the outcome itself.
LONGEST_OUTCOME = 8_000_000
TOO_LARGE = "The result of the tool is larger than the 6 MB that a task may keep."
# Characters of what a tool reports of its progress.
LONGEST_MESSAGE = 1000
REVOKED = "The access to this server was revoked."


# --- Creation ------------------------------------------------------------------------------------


def create(call: Call, tool: Tool, *, runs_here: bool) -> Task:
    """Create the task of `call`: already running in this process, or waiting.

    Raises McpError if the person has too many.
    """
    whose, now = call.principal, timezone.now()
    if Task.objects.filter(user=whose.user, status__in=LIVE).count() >= conf.TASKS_OF_PERSON:
        raise McpError(INVALID_REQUEST, f"{conf.TASKS_OF_PERSON} of your tasks have not ended. Cancel one, or wait.")
    _forget_oldest(whose.user)
    running = {"status": Status.WORKING, "run": secrets.token_hex(16), "runs": 1, "lease_until": now + LEASE}
    return Task.objects.create(
        user=whose.user,
        client=whose.client,
        authorization_id=whose.authorization_id,
        token_id=whose.token_id,
        endpoint=whose.endpoint,
        scope=" ".join(sorted(whose.scopes)),
        address=call.address,
        tool=tool.name,
        request=seal(request_of(call)),
        **dict.fromkeys(("created_at", "updated_at"), now),
        expires_at=now + timedelta(seconds=conf.TASK_TTL_SECONDS),
        **(running if runs_here else {}),
    )


def _forget_oldest(user: User) -> None:
    """Delete the ended tasks of a person beyond MOST_KEPT."""
    ended = Task.objects.filter(user=user).exclude(status__in=LIVE).order_by("-created_at").values_list("pk", flat=True)
    beyond = list(ended[MOST_KEPT : 2 * MOST_KEPT])
    if beyond:
        Task.objects.filter(pk__in=beyond).delete()


def expired() -> QuerySet[Task]:
    """Return the tasks to delete, for the `prune` command and the worker."""
    return Task.objects.filter(expires_at__lt=timezone.now())


# --- The runs --------------------------------------------------------------------------------------


def waiting(without: Collection[tuple[int, str]] = ()) -> "QuerySet[Task, tuple[UUID, int, str]]":
    """Return the ids of the waiting tasks, each with its person and tool, the oldest first.

    Those of the persons and tools `without` are left out.
    """
    found = Task.objects.filter(status=Status.WAITING, expires_at__gt=timezone.now())
    for user_id, tool in without:
        found = found.exclude(user_id=user_id, tool=tool)
    return found.order_by("created_at").values_list("pk", "user_id", "tool")


def waiting_for_long() -> "QuerySet[Task, UUID]":
    """Return the ids of tasks that no process has begun for longer than a lease."""
    found = Task.objects.filter(status=Status.WAITING, updated_at__lt=timezone.now() - LEASE)
    return found.order_by("created_at").values_list("pk", flat=True)


def claim(task_id: UUID | str) -> Task | None:
    """Begin a run of a waiting task, and return the task; None if another process was first."""
    now = timezone.now()
    run = secrets.token_hex(16)
    begun = Task.objects.filter(pk=task_id, status=Status.WAITING, expires_at__gt=now).update(
        status=Status.WORKING, run=run, runs=F("runs") + 1, updated_at=now, lease_until=now + LEASE
    )
    return Task.objects.filter(pk=task_id).first() if begun else None


def extend_leases(runs: Sequence[str]) -> set[str]:
    """Extend the leases of these runs, and return those that go on: of live authorizations, and not cancelled."""
    going = Task.objects.filter(usable_condition("authorization__"), run__in=runs, status=Status.WORKING)
    live = set(going.values_list("run", flat=True))
    if live:
        Task.objects.filter(run__in=live).update(lease_until=timezone.now() + LEASE)
    return live


def release(run: str) -> bool:
    """Let another process run the task again, from its beginning."""
    return _change(run, status=Status.WAITING, lease_until=None)


def rescue(tools_to_repeat: Sequence[str], **which: Any) -> None:
    """Release the lost runs of `tools_to_repeat`, and end those of other tools."""
    lost = Task.objects.filter(status=Status.WORKING, lease_until__lt=timezone.now(), **which)
    repeatable = Q(tool__in=tools_to_repeat, runs__lt=MOST_RUNS)
    lost.filter(repeatable).update(status=Status.WAITING, run="", lease_until=None, updated_at=timezone.now())
    for task in list(lost.exclude(repeatable).select_related("user", "client", "authorization")):
        if fail(task.run, LOST, needs_access=False):
            record_end(task, "server_stopped")


def run_again(task_id: UUID) -> bool:
    """Let an ended task wait for another run, from its beginning. Return False if it has not ended, or has expired."""
    ended = Task.objects.filter(pk=task_id, expires_at__gt=timezone.now()).exclude(status__in=LIVE)
    values = {
        "outcome": "",
        "is_error": False,
        "message": "",
        "progress": None,
        "total": None,
        "run": "",
        "updated_at": timezone.now(),
    }
    return bool(ended.update(status=Status.WAITING, **values))


def repeat(run: str, request: dict[str, Any], message: str) -> bool:
    """Let the tool run again from its beginning, with the answers in `request`. `message` says why."""
    return _change(run, status=Status.WAITING, request=seal(request), lease_until=None, **_about(message))


def note_progress(run: str, progress: float, total: float | None, message: str | None) -> None:
    """Store how far the run is."""
    _change(run, **_about(message), progress=progress, total=total)


def ask(run: str, questions: dict[str, Any], request: dict[str, Any]) -> bool:
    """End the run with questions for the client; `request` has the answers so far."""
    return _change(
        run,
        status=Status.INPUT_REQUIRED,
        questions=seal(questions),
        request=seal(request),
        rounds=F("rounds") + 1,
        lease_until=None,
    )


def finish(
    run: str, status: str, outcome: dict[str, Any], *, message: str | None = None, needs_access: bool = True
) -> bool:
    """End the task of `run` with its result or error. Return False if that run is not the current one any more.

    With `needs_access`, an authorization that was revoked meanwhile counts as the end of the run.

    Raises McpError for an outcome that is too large to be kept.
    """
    sealed = seal(outcome)
    if len(sealed) > LONGEST_OUTCOME:
        raise McpError(INTERNAL_ERROR, TOO_LARGE)
    return _change(
        run,
        *([Q(authorization__in=Authorization.objects.usable())] if needs_access else []),
        status=status,
        is_error=bool(outcome.get("result", {}).get("isError")),
        outcome=sealed,
        questions="",
        lease_until=None,
        **_about(message),
    )


def fail(run: str, message: str, code: int = INTERNAL_ERROR, *, needs_access: bool = True) -> bool:
    """End the task of `run` with a JSON-RPC error. Return False if that run is not the current one any more."""
    error = {"error": {"code": code, "message": message}}
    return finish(run, Status.FAILED, error, message=message, needs_access=needs_access)


def cancel(*, reason: str, **which: Any) -> bool:
    """Cancel the tasks that have not ended. Return whether there were any."""
    live = list(Task.objects.filter(status__in=LIVE, **which).select_related("user", "client", "authorization"))
    values = {"questions": "", "lease_until": None, "updated_at": timezone.now(), "message": reason}
    still = Task.objects.filter(pk__in=[task.pk for task in live], status__in=LIVE)
    cancelled = still.update(status=Status.CANCELLED, **values)
    for task in live:
        if cancelled and task.status in IDLE:
            record_end(task, "cancelled")
        if task.watched:
            announce(task.pk)
    return bool(cancelled)


def idle() -> QuerySet[Task]:
    """Return the tasks that have not ended, and do not run."""
    return Task.objects.filter(status__in=IDLE)


def cancel_revoked(tasks: QuerySet[Task]) -> None:
    """Cancel those of `tasks` whose authorization, client or person is not active any more.

    The database joins the authorizations of these tasks. `exclude(authorization__in=…)` reads all usable ones first.
    """
    revoked = tasks.filter(~usable_condition("authorization__")).order_by().values_list("pk", flat=True)
    if found := list(revoked[:MOST_KEPT]):
        cancel(reason=REVOKED, pk__in=found)


def _about(message: str | None) -> dict[str, Any]:
    """Return the change of what the tool reported; none for None."""
    return {} if message is None else {"message": storable(message)[:LONGEST_MESSAGE]}


def _change(run: str, *conditions: Q, **values: Any) -> bool:
    """Change the task of the current `run`, and announce that. Return False if the run is over.

    The conditions join no other table: Django would select the rows before the update, which would then overwrite a
    cancellation that was committed in between.
    """
    current = Task.objects.filter(*conditions, run=run, status=Status.WORKING)
    if not current.update(updated_at=timezone.now(), **values):
        return False
    for pk in Task.objects.filter(run=run, watched=True).values_list("pk", flat=True):
        announce(pk)
    return True
