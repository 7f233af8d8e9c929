"""People see on their own page what runs in their name, and cancel it."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from accounts.people.connected_apps import calls_of
from mcp_api import tool
from mcp_api.models import Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    tool(task="optional", task_after=0, title="Renovate a room", name="renovate")(lambda: "done")


@pytest.fixture
def browser(client: TaskClient) -> Browser:
    browser = Browser()
    browser.force_login(client.caller.person)
    return browser


def page(browser: Browser) -> str:
    return str(browser.get("/apps").content.decode())


def test_live_task_is_shown_with_its_progress(browser: Browser, client: TaskClient) -> None:
    client.begin("renovate")
    Task.objects.update(status="working", progress=3, total=10, message="Painting")
    shown = page(browser)
    for text in ("Running now", "Renovate a room", '<progress value="3" max="10"', "Painting", "Cancel"):
        assert text in shown


@pytest.mark.parametrize(("language", "told"), [("de", "3,5 von 10"), ("en", "3.5 of 10")])
def test_progress_without_a_message_is_told_in_the_reader_s_language(
    browser: Browser, client: TaskClient, language: str, told: str
) -> None:
    task_id = client.begin("renovate")
    Task.objects.update(status="working", progress=3.5, total=10)
    assert told in str(browser.get("/apps", headers={"accept-language": language}).content.decode())
    assert client.get(task_id)["statusMessage"] == "3.5 of 10"


def test_task_that_asks_says_where_to_answer(browser: Browser, client: TaskClient) -> None:
    client.begin("renovate")
    Task.objects.update(status="input_required")
    assert "Waits for your answer in the app" in page(browser)


def test_without_a_live_task_there_is_no_section(browser: Browser, client: TaskClient) -> None:
    client.begin("renovate")
    Task.objects.update(status="completed")
    assert "Running now" not in page(browser)


def test_call_of_a_task_is_listed_once_it_has_ended(
    browser: Browser, client: TaskClient, run_waiting: Callable[[], None]
) -> None:
    client.begin("renovate")
    assert "<td>Renovate" not in page(browser)
    run_waiting()
    assert [event.reason for event in calls_of(client.caller.person)] == [""]


def test_person_cancels_a_task(browser: Browser, client: TaskClient) -> None:
    task_id = client.begin("renovate")
    response = browser.post("/apps/tasks/cancel", {"task": task_id}, follow=True)
    assert "Cancelled." in response.content.decode()
    assert client.get(task_id)["status"] == "cancelled"


@pytest.mark.parametrize("task", ["", "nonsense", "a\x00b", "0" * 500, "../../x"])
def test_unknown_task_is_nothing_to_cancel(browser: Browser, task: str) -> None:
    response = browser.post("/apps/tasks/cancel", {"task": task}, follow=True)
    assert "Nothing to cancel" in response.content.decode()


def test_task_of_another_person_is_neither_shown_nor_cancelled(client: TaskClient) -> None:
    task_id = client.begin("renovate")
    other = Browser()
    other.force_login(make_user("eve"))
    assert "Renovate" not in page(other)
    other.post("/apps/tasks/cancel", {"task": task_id})
    assert client.get(task_id)["status"] == "working"


def test_cancellation_from_another_site_is_refused(client: TaskClient) -> None:
    task_id = client.begin("renovate")
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(client.caller.person)
    browser.post("/apps/tasks/cancel", {"task": task_id})
    assert client.get(task_id)["status"] == "working"


def test_stranger_has_to_sign_in() -> None:
    assert Browser().post("/apps/tasks/cancel", {"task": "x"}).status_code == 302
