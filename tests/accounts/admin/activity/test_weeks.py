"""Calls of each tool in the last seven days, beside those of the seven days before."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin.activity.weeks import MINUS, weeks_by_tool
from accounts.models import Event

pytestmark = pytest.mark.django_db
NAMES = ("busy", "failing", "idle")


def add(name: str, days_ago: int, number: int = 1, **fields: Any) -> None:
    at = timezone.localtime().replace(hour=12) - timedelta(days=days_ago)
    values = {"kind": "mcp", "outcome": "ok", "action": f"tools/call {name}", "duration_ms": 10, "at": at, **fields}
    Event.objects.bulk_create(Event(**values) for _ in range(number))


def test_weeks_are_the_last_seven_days_and_the_seven_before() -> None:
    for days_ago, number in ((14, 16), (13, 8), (7, 4), (6, 2), (0, 1)):
        add("busy", days_ago, number)
    weeks = weeks_by_tool(NAMES)["busy"]
    assert (weeks.this.total, weeks.last.total) == (3, 12)
    assert weeks.change_of_calls == f"{MINUS}75 %"


def test_failures_and_durations_are_compared_too() -> None:
    add("failing", 1, 3, outcome="failed", duration_ms=300)
    add("failing", 8, 1, outcome="failed", duration_ms=200)
    weeks = weeks_by_tool(NAMES)["failing"]
    assert (weeks.this.failed, weeks.change_of_failures) == (3, "+2")
    assert (weeks.this.p95, weeks.change_of_p95) == (300, "+50 %")


def test_call_that_goes_on_as_a_task_is_counted_by_its_end() -> None:
    add("busy", 1, reason="task_created", duration_ms=1)
    add("busy", 1, outcome="failed", reason="tool_error", duration_ms=900)
    this = weeks_by_tool(NAMES)["busy"].this
    assert (this.total, this.failed, this.p95) == (1, 1, 900)


def test_nothing_is_compared_with_a_week_without_calls() -> None:
    add("busy", 1)
    weeks = weeks_by_tool(NAMES)
    assert (weeks["busy"].change_of_calls, weeks["busy"].change_of_p95) == ("", "")
    assert (weeks["idle"].this.total, weeks["idle"].this.p95, weeks["idle"].change_of_failures) == (0, None, "")


def test_same_number_of_calls_is_no_change() -> None:
    add("busy", 1)
    add("busy", 8)
    assert weeks_by_tool(NAMES)["busy"].change_of_calls == "±0 %"


def test_tools_that_nobody_declared_are_not_counted() -> None:
    add("invented by a client", 1)
    assert set(weeks_by_tool(NAMES)) == set(NAMES)


def test_figures_take_two_queries_however_many_calls_there_are() -> None:
    counts = []
    for number in (1, 200):
        for name in NAMES:
            add(name, 1, number)
        with CaptureQueriesContext(connection) as queries:
            weeks_by_tool(NAMES)
        counts.append(len(queries))
    assert counts == [2, 2]
