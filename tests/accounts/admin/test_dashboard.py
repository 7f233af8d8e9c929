"""The overview on admin's index: number of calls, people, slow tools, failures and their reasons."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.admin.dashboard import DAYS, HEIGHT, Dashboard, dashboard
from accounts.models import Event
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")


def call(tool: str = "echo", outcome: str = "ok", *, days_ago: int = 0, **fields: Any) -> Event:
    at = timezone.now() - timedelta(days=days_ago)
    return Event.objects.create(
        **{"kind": "mcp", "action": f"tools/call {tool}", "outcome": outcome, "at": at, **fields}
    )


def counts(overview: Dashboard, days_ago: int) -> dict[str, int]:
    return dict(overview.days[-1 - days_ago].counts)


def test_calls_are_counted_by_day_and_outcome() -> None:
    call(), call(), call(outcome="failed")
    call(outcome="refused", days_ago=3)
    call(days_ago=DAYS)
    Event.objects.create(kind="sign_in", outcome="ok")
    overview = dashboard()
    assert len(overview.days) == DAYS
    assert (counts(overview, 0), counts(overview, 3), counts(overview, 1)) == (
        {"ok": 2, "failed": 1},
        {"refused": 1},
        {},
    )
    assert (overview.calls, overview.calls_today, overview.most) == (4, 3, 3)


def test_people_and_clients_with_many_calls_count_once() -> None:
    ada, grace = make_user("ada"), make_user("grace")
    make_client(client_id="a"), make_client(), make_user()
    for user_id, client_id in ((ada.pk, "a"), (ada.pk, "a"), (grace.pk, "a"), (None, "")):
        call(user_id=user_id, client_id=client_id)
    call(user_id=ada.pk + 1000, client_id="deleted"), call(user_id=make_user().pk, days_ago=DAYS)
    overview = dashboard()
    assert (overview.people, overview.clients) == (2, 1)


def test_tools_are_ranked_by_duration_and_by_failures() -> None:
    for duration in (10, 30):
        call("fast", duration_ms=duration)
    call("slow", duration_ms=900)
    call("bad", "failed", duration_ms=1), call("bad", "refused", duration_ms=1), call("bad", duration_ms=1)
    Event.objects.create(kind="mcp", outcome="ok", action="tools/list", duration_ms=5000)
    overview = dashboard()
    assert [(tool.name, tool.ms) for tool in overview.slowest] == [("slow", 900), ("fast", 20), ("bad", 1)]
    [failing] = overview.failing
    assert (failing.name, failing.failed, failing.calls, failing.failed_percent) == ("bad", 1, 3, 33)


def test_call_that_goes_on_as_a_task_or_with_an_answer_is_counted_by_its_end() -> None:
    call(reason="task_created", duration_ms=1), call(reason="input_required", duration_ms=1)
    call(outcome="failed", reason="tool_error", duration_ms=900)
    overview = dashboard()
    [slowest] = overview.slowest
    assert (overview.calls, slowest.calls, slowest.ms, slowest.failed_percent) == (1, 1, 900, 100)


def test_refusals_are_counted_by_reason_and_a_first_request_is_none() -> None:
    for reason in ("unknown_token", "invalid_grant", "unknown_token", "missing_token"):
        Event.objects.create(kind="token", outcome="refused", reason=reason)
    refusals = [(refusal["reason"], refusal["count"]) for refusal in dashboard().refusals]
    assert refusals == [("unknown_token", 2), ("invalid_grant", 1)]
    assert "accepts only tokens that it issued" in dashboard().refusals[0]["rule"]


def test_call_from_the_playground_is_not_counted_as_a_call() -> None:
    make_client(client_id="tools page"), make_client(client_id="a client")
    call(user_id=1, client_id="tools page", token_id=0)
    call(user_id=1, client_id="a client", token_id=7)
    overview = dashboard()
    assert (overview.calls, overview.clients) == (1, 1)


def test_first_request_of_a_client_is_not_counted_as_a_call() -> None:
    call(outcome="refused", action="", reason="missing_token")
    assert dashboard().calls == 0


def test_columns_fill_the_chart_and_never_leave_it() -> None:
    for _ in range(400):
        call()
    call(outcome="failed"), call(days_ago=1)
    for day in dashboard().days:
        assert sum(bar.height for bar in day.bars) <= HEIGHT + 2
        for bar in day.bars:
            assert bar.y >= 0
            assert bar.height >= 2


def test_it_is_shown_on_the_index_with_few_queries(admin_client: Browser) -> None:
    call("find_books", "failed", duration_ms=12, user_id=1, client_id="a")
    make_client(approved_at=None)
    admin_client.get(INDEX)
    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get(INDEX).content.decode()
    assert len(queries) <= 12
    assert "1</b> client waiting for approval" in page
    assert "tool=find_books" in page
    assert len(re.findall(r'class="bar-failed"', page)) == 1


def test_each_tile_leads_to_a_list_of_as_many_rows(admin_client: Browser) -> None:
    person, client = make_user("ada"), make_client()
    make_client(approved_at=None), make_user()
    caller: dict[str, Any] = {"user_id": person.pk, "client_id": client.client_id}
    for days_ago in (0, 3, DAYS - 1, DAYS):
        call(days_ago=days_ago, **caller), call(outcome="failed", days_ago=days_ago, **caller)
    call(token_id=0), call(reason="input_required"), call(outcome="refused", action="", reason="missing_token")
    call(outcome="refused", reason="insufficient_scope"), call(outcome="refused", reason="insufficient_scope")
    call(outcome="refused", reason="insufficient_scope", days_ago=DAYS)
    page = admin_client.get(INDEX).text
    tiles = re.findall(r'<a href="([^"]+)"><b>(\d+)</b>', page)
    assert [number for _, number in tiles] == ["4", "8", "1", "1", "1"]
    [refusals] = re.findall(r'<a href="([^"]+)">insufficient_scope</a>.*?<td>(\d+)</td>', page)
    for address, number in [*tiles, refusals]:
        assert admin_client.get(unescape(address)).context["cl"].result_count == int(number), address


@pytest.mark.parametrize("query", ["calls=x", "active=x", "reason=", "reason=%00", "calls=", "active=clients"])
def test_filters_of_the_tiles_answer_no_value_with_an_error(admin_client: Browser, query: str) -> None:
    for view in ("event", "client", "user"):
        listed = reverse(f"admin:oauth_mcp_{view}_changelist")
        assert admin_client.get(f"{listed}?{query}").status_code in (200, 302, 400)


def test_it_is_empty_and_whole_before_anything_happened(admin_client: Browser) -> None:
    Event.objects.all().delete()
    assert "No calls yet." in admin_client.get(INDEX).content.decode()


def test_only_permission_to_view_the_audit_log_shows_it() -> None:
    viewer = make_user("viewer", is_staff=True)
    browser = Browser()
    browser.force_login(viewer)
    assert "Calls a day" not in browser.get(INDEX).content.decode()
    viewer.user_permissions.add(Permission.objects.get(codename="view_event"))
    assert "Calls a day" in browser.get(INDEX).content.decode()


def test_it_is_not_on_the_pages_of_single_apps(admin_client: Browser) -> None:
    page = admin_client.get(reverse("admin:app_list", args=["oauth_mcp"])).content.decode()
    assert "Calls a day" not in page


def test_name_of_a_tool_or_a_reason_is_never_markup(admin_client: Browser) -> None:
    call('<script>alert("x")</script>', "refused", reason="<i>x</i>")
    page = admin_client.get(INDEX).content.decode()
    assert "<script>alert" not in page
    assert "<i>x</i>" not in page


def test_tools_are_those_of_the_last_seven_days() -> None:
    call("old", "failed", duration_ms=900, days_ago=7)
    call("new", "failed", duration_ms=10, days_ago=6)
    overview = dashboard()
    assert [tool.name for tool in (*overview.slowest, *overview.failing)] == ["new", "new"]


def test_sections_come_before_the_charts(admin_client: Browser) -> None:
    page = admin_client.get(INDEX).content.decode()
    places = [page.index(text) for text in ("calls today", "Why did a connection fail?", "Clients</a>", "Calls a day")]
    assert places == sorted(places)
