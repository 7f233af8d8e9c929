"""Operators see tasks, cancel them and run them again; nobody reads what a task was called with."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Event
from mcp_api import tool
from mcp_api.models import Policy, Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient, client, run_waiting  # noqa: F401 - fixtures
from tests.support.admin.staff import staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

LIST = reverse("admin:mcp_api_task_changelist")


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    @tool(task="optional", task_after=0)
    def renovate(room: str) -> str:
        return f"{room} is done"


def page_of(task_id: str, action: str = "") -> str:
    name = "act" if action else "change"
    return reverse(f"admin:mcp_api_task_{name}", args=[task_id, action] if action else [task_id])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return str(response.content.decode())


def shown_in(page: str) -> str:
    [shown] = re.findall(r'name="shown" value="([0-9a-f]+)"', page)
    return shown


def confirm_run(browser: Browser, task_id: str) -> None:
    page = page_of(task_id, "run_again")
    assert browser.post(page, {"shown": shown_in(text_of(browser.post(page)))}).status_code == 302


def test_list_names_tool_person_app_state_and_progress(admin_client: Browser, client: TaskClient) -> None:  # noqa: F811
    client.begin("renovate", room="kitchen")
    Task.objects.update(status="working", progress=3, total=10, message="Painting")
    listed = text_of(admin_client.get(LIST))
    for text in ("renovate", "ada", "Painting", 'max="10', "working"):
        assert text in listed
    assert "kitchen" not in listed


def test_list_takes_the_same_queries_for_many_tasks(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(30):
        client.begin("renovate", room="x")
    with django_assert_max_num_queries(14):
        admin_client.get(LIST)


def test_page_has_the_events_and_not_the_arguments(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
    run_waiting: Callable[[], None],  # noqa: F811
) -> None:
    task_id = client.begin("renovate", room="kitchen")
    run_waiting()
    page = text_of(admin_client.get(page_of(task_id)))
    for event in Event.objects.filter(detail=f"Task {task_id}"):
        assert reverse("admin:oauth_mcp_event_change", args=[event.pk]) in page
    assert "kitchen" not in page


def test_operator_cancels_a_task(admin_client: Browser, client: TaskClient) -> None:  # noqa: F811
    task_id = client.begin("renovate", room="x")
    assert "Cancel task…</button>" in text_of(admin_client.get(page_of(task_id)))
    asked = text_of(admin_client.post(page_of(task_id, "cancel")))
    assert "Cancel renovate?" in asked
    assert client.get(task_id)["status"] == "working"
    admin_client.post(page_of(task_id, "cancel"), {"shown": shown_in(asked)})
    state = client.get(task_id)
    assert (state["status"], state["statusMessage"]) == ("cancelled", "The operator cancelled it.")
    assert Event.objects.filter(kind=Event.Kind.ADMIN, action="changed task").exists()


def test_operator_cancels_tasks_of_a_list_once_their_number_is_confirmed(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
) -> None:
    chosen = [client.begin("renovate", room="x") for _ in range(2)]
    other = client.begin("renovate", room="x")
    sent = {"action": "cancel", "_selected_action": chosen}
    asked = text_of(admin_client.post(LIST, sent))
    assert "Cancel 2 tasks?" in asked
    assert Task.objects.filter(status="cancelled").count() == 0
    # The form sends the choice again, as hidden fields.
    assert all(f'name="_selected_action" value="{task_id}"' in asked for task_id in chosen)
    admin_client.post(LIST, {**sent, "shown": shown_in(asked)})
    assert [client.get(task_id)["status"] for task_id in (*chosen, other)] == ["cancelled", "cancelled", "working"]


def test_error_of_a_tool_is_a_state_of_its_own(admin_client: Browser, client: TaskClient) -> None:  # noqa: F811
    client.begin("renovate", room="good")
    Task.objects.update(status="completed")
    client.begin("renovate", room="bad")
    Task.objects.filter(status="waiting").update(status="completed", is_error=True)
    listed = text_of(admin_client.get(LIST, {"state": "error"}))
    assert ("state-tool-error" in listed, "state-completed" in listed) == (True, False)
    assert "1 task" in listed
    listed = text_of(admin_client.get(LIST, {"state": "completed"}))
    assert ("state-tool-error" in listed, "state-completed" in listed) == (False, True)


def test_operator_runs_an_ended_task_again(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
    run_waiting: Callable[[], None],  # noqa: F811
) -> None:
    task_id = client.begin("renovate", room="kitchen")
    Task.objects.update(status="failed")
    confirm_run(admin_client, task_id)
    run_waiting()
    assert client.get(task_id)["result"]["content"][0]["text"] == "kitchen is done"


def test_run_again_asks_first_and_warns_of_a_tool_that_is_not_idempotent(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
) -> None:
    task_id = client.begin("renovate", room="kitchen")
    Task.objects.update(status="failed")
    asked = text_of(admin_client.post(page_of(task_id, "run_again")))
    assert "may happen twice" in asked
    assert "kitchen" not in asked
    assert Task.objects.get().status == "failed"


def test_run_again_that_was_confirmed_for_an_earlier_run_asks_again(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
) -> None:
    task_id = client.begin("renovate", room="kitchen")
    Task.objects.update(status="failed")
    shown = shown_in(text_of(admin_client.post(page_of(task_id, "run_again"))))
    Task.objects.update(runs=5)
    assert "has changed" in text_of(admin_client.post(page_of(task_id, "run_again"), {"shown": shown}))
    assert Task.objects.get().status == "failed"


def test_pages_of_person_client_and_tool_link_to_their_tasks(
    admin_client: Browser,
    client: TaskClient,  # noqa: F811
) -> None:
    client.begin("renovate", room="x")
    admin_client.get(reverse("admin:mcp_api_policy_changelist"))
    task, policy = Task.objects.get(), Policy.objects.get(kind="tool", name="renovate")
    pages = {
        reverse("admin:oauth_mcp_user_change", args=[task.user_id]): f"person={task.user_id}",
        reverse("admin:oauth_mcp_client_change", args=[task.client_id]): f"client={task.client.client_id}",
        reverse("admin:mcp_api_policy_change", args=[policy.pk]): "tool=renovate",
    }
    for page, query in pages.items():
        assert f'href="{LIST}?{query}"' in text_of(admin_client.get(page))
        listed = text_of(admin_client.get(f"{LIST}?{query}"))
        assert reverse("admin:oauth_mcp_client_change", args=[task.client_id]) in listed


def test_list_is_narrowed_to_a_period(admin_client: Browser, client: TaskClient) -> None:  # noqa: F811
    task_id = client.begin("renovate", room="x")
    assert task_id in text_of(admin_client.get(LIST, {"from": "2020-01-01"}))
    assert task_id not in text_of(admin_client.get(LIST, {"to": "2020-01-01"}))


def test_live_task_is_not_run_again(admin_client: Browser, client: TaskClient) -> None:  # noqa: F811
    task_id = client.begin("renovate", room="x")
    assert "Run again" not in text_of(admin_client.get(page_of(task_id)))
    admin_client.post(page_of(task_id, "run_again"))
    assert Task.objects.get().runs == 0


def test_staff_who_only_view_tasks_cancel_none(client: TaskClient) -> None:  # noqa: F811
    task_id = client.begin("renovate", room="x")
    browser = staff_with("view_task")
    assert "Cancel</button>" not in text_of(browser.get(page_of(task_id)))
    assert browser.post(page_of(task_id, "cancel")).status_code == 403
    assert client.get(task_id)["status"] == "working"
