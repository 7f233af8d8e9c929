"""Backends of tasks, the order of their runs, and the largest size of an outcome."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks.backends.dummy import DummyBackend
from django_tasks.backends.immediate import ImmediateBackend

from accounts.models import Authorization
from mcp_api import tool
from mcp_api.checks.server_settings import check_task_backend
from mcp_api.extensions.tasks import pool, store, worker
from mcp_api.models import Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient
from tests.support.factories import make_authorization, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    tool(task="optional", task_after=0, name="large")(lambda: "x" * 50_000)
    tool(task="optional", task_after=0, name="small")(lambda: "done")


def use(backend: type, monkeypatch: pytest.MonkeyPatch) -> None:
    made = backend(DEFAULT_TASK_BACKEND_ALIAS, {})
    monkeypatch.setattr(type(task_backends), "__getitem__", lambda self, alias: made)


def test_outcome_that_is_too_large_is_a_failed_task(
    client: TaskClient, run_waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LONGEST_OUTCOME", 10_000)
    task_id = client.begin("large")
    run_waiting()
    state = client.get(task_id)
    assert (state["status"], state["error"]["message"]) == ("failed", store.TOO_LARGE)


def test_many_tasks_of_one_person_leave_those_of_another_in_sight(client: TaskClient) -> None:
    task_id = client.begin("small")
    first = Task.objects.get()
    other = make_authorization(make_user("bob"), client.caller.client)
    values = {name: getattr(first, name) for name in ("client_id", "token_id", "scope", "request", "expires_at")}
    many = [
        Task(pk=uuid4(), user_id=other.consent.user_id, authorization=other, tool="small", **values) for _ in range(200)
    ]
    for number, task in enumerate(many):
        task.created_at = first.created_at.replace(year=2020, microsecond=number)
    Task.objects.bulk_create(many)
    assert store.waiting().first() != (first.pk, first.user_id, "small")
    found = store.waiting({(other.consent.user_id, "small")}).first()
    assert found == (first.pk, first.user_id, "small")
    assert str(first.pk) == task_id


def test_worker_passes_over_those_without_room(client: TaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.begin("small")
    client.begin("large")
    monkeypatch.setattr(pool.threads, "has_room", lambda person, target: target == "tool large")
    worker._begin_waiting()
    assert set(Task.objects.values_list("tool", "status")) == {("small", "waiting"), ("large", "completed")}


def test_backend_that_runs_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_task_backend() == []
    use(DummyBackend, monkeypatch)
    assert [message.id for message in check_task_backend()] == ["mcp_api.E035"]


@pytest.mark.django_db(transaction=True)
def test_backend_that_runs_at_once_runs_after_the_commit(client: TaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ImmediateBackend, monkeypatch)
    task_id = client.begin("small")
    assert client.get(task_id)["status"] == "completed"


def test_task_without_a_run_ends_with_its_authorization(client: TaskClient) -> None:
    client.begin("small")
    store.cancel_revoked(store.idle())
    assert Task.objects.get().status == "waiting"
    Task.objects.update(status="input_required")
    Authorization.objects.update(revoked_at=timezone.now())
    store.cancel_revoked(store.idle())
    assert Task.objects.get().status == "cancelled"
