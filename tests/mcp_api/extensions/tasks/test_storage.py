"""The rows of tasks have a largest number and size, an end, and one run at a time."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.admin.activity.weeks import weeks_by_tool
from accounts.models import Authorization, Event
from mcp_api import Context, tool
from mcp_api.extensions.tasks import methods, store, worker
from mcp_api.models import Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

YES = {"action": "accept", "content": {"confirmed": True}}


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    @tool(task="optional", task_after=0)
    def once(context: Context) -> bool:
        return context.confirm("Go on?")

    @tool(task="optional", task_after=0, idempotent=True)
    def again() -> str:
        return "done"


def lose(task_id: str) -> Task:
    """Let the task have a run whose process was killed."""
    task = store.claim(task_id)
    assert task is not None
    Task.objects.filter(pk=task_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    return task


def test_a_person_keeps_so_many_ended_tasks(client: TaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_KEPT", 2)
    ended = [client.begin("again") for _ in range(4)]
    Task.objects.update(status=Task.Status.COMPLETED)
    client.begin("again")
    kept = {str(task_id) for task_id in Task.objects.filter(status="completed").values_list("pk", flat=True)}
    assert kept == set(ended[2:])


def test_answers_to_a_task_have_a_largest_size(
    client: TaskClient, run_waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "MOST_CHARACTERS", 10)
    task_id = client.begin("once")
    run_waiting()
    [key] = client.get(task_id)["inputRequests"]
    error = client.error("tasks/update", taskId=task_id, inputResponses={key: YES})
    assert (error["code"], client.get(task_id)["status"]) == (-32602, "input_required")


def test_task_and_its_result_are_deleted_at_their_time(client: TaskClient) -> None:
    client.begin("again")
    Task.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    call_command("prune", verbosity=0)
    assert not Task.objects.exists()


def test_lost_run_of_an_idempotent_tool_waits_for_another(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("again")
    lose(task_id)
    assert client.get(task_id)["status"] == "working"
    assert Task.objects.get().status == Task.Status.WAITING
    run_waiting()
    assert client.get(task_id)["status"] == "completed"


def test_lost_run_of_another_tool_is_a_failed_task(client: TaskClient) -> None:
    task_id = client.begin("once")
    lose(task_id)
    state = client.get(task_id)
    assert (state["status"], state["error"]["code"]) == ("failed", -32603)


@pytest.mark.parametrize("status", ["waiting", "input_required"])
def test_task_that_is_cancelled_without_a_run_counts_as_a_failed_call(client: TaskClient, status: str) -> None:
    task_id = client.begin("once")
    Task.objects.update(status=status)
    worker.cancel(reason="No longer needed.", pk=task_id)
    worker.cancel(reason="No longer needed.", pk=task_id)
    event = Event.objects.get(action="tools/call once", reason="cancelled")
    assert (event.outcome, event.detail, event.duration_ms) == ("failed", f"Task {task_id}", None)
    assert weeks_by_tool(["once"])["once"].this.failed == 1


def test_lost_run_counts_as_a_failed_call(client: TaskClient) -> None:
    lose(client.begin("once"))
    worker.rescue()
    worker.rescue()
    assert Event.objects.get(reason="server_stopped").action == "tools/call once"


def test_event_of_a_call_that_ends_without_a_run_names_the_servers_that_act(client: TaskClient) -> None:
    task_id = client.begin("once")
    Authorization.objects.update(actors="https://billing.example.com/mcp")
    worker.cancel(reason="No longer needed.", pk=task_id)
    assert Event.objects.get(reason="cancelled").actors == "https://billing.example.com/mcp"


def test_idempotent_tool_is_not_repeated_without_end(client: TaskClient) -> None:
    task_id = client.begin("again")
    for _ in range(store.MOST_RUNS):
        lose(task_id)
        worker.rescue()
    assert client.get(task_id)["status"] == "failed"


def test_run_that_was_taken_for_lost_changes_nothing(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("again")
    former = lose(task_id).run
    worker.rescue()
    assert not store.finish(former, Task.Status.COMPLETED, {"result": {}})
    run_waiting()
    assert client.get(task_id)["result"]["content"][0]["text"] == "done"


def test_only_one_process_claims_a_task(client: TaskClient) -> None:
    task_id = client.begin("again")
    assert store.claim(task_id) is not None
    assert store.claim(task_id) is None


def test_a_poll_takes_the_same_queries_beside_many_waiting_tasks(
    client: TaskClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    task_id = client.begin("again")
    task = Task.objects.get()
    others = [
        Task(
            pk=uuid4(), user_id=task.user_id, client_id=task.client_id, authorization_id=task.authorization_id,
            token_id=task.token_id, scope="read", tool="again", request=task.request, expires_at=task.expires_at,
        )
        for _ in range(1000)
    ]  # fmt: skip
    Task.objects.bulk_create(others)
    with django_assert_num_queries(2):
        # Of the token and of the task.
        client.get(task_id)


def test_task_under_a_key_that_is_gone_fails_alone(
    client: TaskClient, run_waiting: Callable[[], None], settings: Settings
) -> None:
    waiting, asking = client.begin("again"), client.begin("once")
    worker.run(asking)
    [key] = client.get(asking)["inputRequests"]
    settings.SECRET_KEY = "another-key-of-this-server-0123456789012345678901234567890123"
    run_waiting()
    assert client.get(waiting)["status"] == "failed"
    assert "key has changed" in client.get(asking)["error"]["message"]
    assert client.error("tasks/update", taskId=asking, inputResponses={key: YES})["code"] == -32602


@pytest.mark.postgres_only
def test_runs_are_found_by_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "task_run" in Task.objects.order_by().filter(run="a", watched=True).explain()


@pytest.mark.postgres_only
def test_tasks_that_do_not_run_are_found_by_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "task_idle" in store.idle().order_by("authorization").explain()
