"""Admin's list of all tools shows their calls, failures and p95 of this week beside the last."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.admin.activity.page import activity_url
from accounts.models import Event
from mcp_api import tool
from mcp_api.models import Policy
from tests.support.admin.staff import staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]
LIST = reverse("admin:mcp_api_policy_changelist")
NAMES = ("busy", "failing", "idle")


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    for name in NAMES:
        tool(name=name)(lambda: "")


def add(name: str, days_ago: int, number: int = 1, **fields: Any) -> None:
    at = timezone.localtime().replace(hour=12) - timedelta(days=days_ago)
    values = {"kind": "mcp", "outcome": "ok", "action": f"tools/call {name}", "duration_ms": 10, "at": at, **fields}
    Event.objects.bulk_create(Event(**values) for _ in range(number))


def rows_of(page: Any) -> dict[str, Any]:
    return {row.name: row for row in page.context["cl"].result_list}


def test_list_shows_them_and_leads_to_the_page_of_the_tool(admin_client: Browser) -> None:
    add("busy", 1, 3)
    add("busy", 8, 2)
    page = admin_client.get(LIST)
    assert rows_of(page)["busy"].weeks.this.total == 3
    shown = page.content.decode()
    assert (
        f'<a href="{activity_url(tool="busy")}">3</a> <small title="Change from the 7 days before">'
        '<bdi dir="ltr">+50 %</bdi></small>' in shown
    )
    assert "each with its change from the 7 days before" in shown


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("calls_this_week", ["idle", "failing", "busy"]),
        ("-calls_this_week", ["busy", "failing", "idle"]),
        ("-failed_this_week", ["failing"]),
        ("-p95_this_week", ["failing", "busy", "idle"]),
    ],
)
def test_list_is_ordered_by_them(admin_client: Browser, order: str, expected: list[str]) -> None:
    add("busy", 1, 3, duration_ms=5)
    add("failing", 1, 2, outcome="failed", duration_ms=50)
    column = admin_client.get(LIST).context["cl"].list_display.index(order.removeprefix("-"))
    page = admin_client.get(LIST, {"o": f"{'-' if order.startswith('-') else ''}{column}", "kind__exact": "tool"})
    listed = [name for name in rows_of(page) if name in NAMES]
    assert listed[: len(expected)] == expected


def test_resource_with_the_name_of_a_tool_has_none(admin_client: Browser) -> None:
    Policy.objects.create(kind="resource", name="busy")
    add("busy", 1)
    resources = admin_client.get(LIST, {"kind__exact": "resource", "q": "busy"})
    assert rows_of(resources)["busy"].weeks is None


def test_only_those_who_may_view_the_audit_log_see_them() -> None:
    add("busy", 1)
    for permissions, is_shown in ((["view_policy"], False), (["view_policy", "view_event"], True)):
        page = staff_with(*permissions).get(LIST)
        assert page.status_code == 200
        assert ("column-calls_this_week" in page.content.decode()) is is_shown


def test_order_by_a_column_that_is_not_shown_is_ignored() -> None:
    assert staff_with("view_policy").get(LIST, {"o": "5.6.-7"}).status_code == 200
