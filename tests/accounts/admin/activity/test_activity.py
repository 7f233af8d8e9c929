"""The page Activity: figures by day, by outcome and by reason, of a tool, a client or a person."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin.activity import charts
from accounts.admin.activity.figures import Calls, figures_of
from accounts.admin.activity.page import activity_url
from accounts.models import Event
from tests.support.admin.pages import text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.django_db
TOOL = "tools/call find"


def add(days_ago: int = 0, number: int = 1, **fields: Any) -> None:
    at = timezone.localtime().replace(hour=12) - timedelta(days=days_ago)
    values = {"kind": "mcp", "outcome": "ok", "action": TOOL, "duration_ms": 10, "at": at, **fields}
    Event.objects.bulk_create(Event(**values) for _ in range(number))


def test_calls_are_counted_by_day_and_outcome() -> None:
    add(0, 3)
    add(1, 2, outcome="failed", reason="tool_error")
    add(29, outcome="refused", reason="-32602", duration_ms=None)
    add(30, 5)
    figures = figures_of(Event.objects.filter(action=TOOL))
    counts = [calls.total for calls in figures.days.values()]
    assert (len(counts), counts[0], counts[-2], counts[-1], sum(counts)) == (30, 1, 2, 3, 6)
    assert (figures.whole.failed, figures.this_week.total, figures.last_week.total) == (2, 5, 0)
    assert [(each.outcome, each.reason, each.count) for each in figures.reasons] == [
        ("failed", "tool_error", 2),
        ("refused", "-32602", 1),
    ]
    assert "tool" in figures.reasons[0].rule


@pytest.mark.parametrize(
    ("durations", "p50", "p95"),
    [
        ([], None, None),
        ([7], 7, 7),
        (list(range(1, 101)), 50, 95),
        ([1] * 19 + [999], 1, 1),
        ([1] * 18 + [999] * 2, 1, 999),
        ([1234, 5678], 1200, 5600),
    ],
)
def test_percentiles_are_those_of_the_durations(durations: list[int], p50: int | None, p95: int | None) -> None:
    for duration in durations:
        add(duration_ms=duration)
    whole = figures_of(Event.objects.all()).whole
    assert (whole.p50, whole.p95) == (p50, p95)


def test_refused_calls_have_no_duration() -> None:
    add(outcome="refused", duration_ms=1)
    assert figures_of(Event.objects.all()).whole.p50 is None


def test_call_that_goes_on_as_a_task_or_with_an_answer_is_counted_once() -> None:
    add(reason="task_created", duration_ms=1)
    add(reason="input_required", duration_ms=1)
    add(outcome="failed", reason="tool_error", duration_ms=900)
    whole = figures_of(Event.objects.filter(action=TOOL)).whole
    assert (whole.total, whole.failed, whole.p50, whole.p95) == (1, 1, 900, 900)


def test_other_events_do_not_count() -> None:
    add(kind="sign_in", action="")
    assert figures_of(Event.objects.all()).whole.total == 0


def test_page_takes_the_same_queries_however_many_events_there_are(admin_client: Browser) -> None:
    admin_client.get(activity_url(tool="find"))
    counts = []
    for number in (1, 200):
        add(number=number)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(activity_url(tool="find"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_each_subject_has_its_calls_and_the_way_to_their_events(admin_client: Browser) -> None:
    ada, client = make_user("ada"), make_client(name="An app")
    add(2, 4, user_id=ada.pk, client_id=client.client_id)
    add(2, 1, action="tools/call other")
    day = (timezone.localdate() - timedelta(days=2)).isoformat()
    for subject in ({"tool": "find"}, {"client": client.client_id}, {"person": ada.pk}):
        page = admin_client.get(activity_url(**subject))
        assert page.context["figures"].whole.total == 4
        [name] = subject
        listed = f"{url('event_changelist')}?{name}={subject[name]}&calls=clients&from={day}&to={day}"
        assert listed.replace("&", "&amp;") in page.content.decode()
        assert admin_client.get(listed).context["cl"].result_count == 4
    assert activity_url(client=client.client_id) in text_of(admin_client.get(url("client_change", client.pk)))
    assert activity_url(person=ada.pk) in text_of(admin_client.get(url("user_change", ada.pk)))


def test_each_figure_leads_to_a_list_of_as_many_events(admin_client: Browser) -> None:
    ada = make_user("ada")
    for days_ago in (0, 6, 7, 29, 30):
        add(days_ago, 2, user_id=ada.pk)
        add(days_ago, outcome="failed", reason="tool_error", user_id=ada.pk)
    add(0, reason="task_created", user_id=ada.pk)
    add(0, token_id=0, user_id=ada.pk)
    add(0, kind="sign_in", action="", user_id=ada.pk)
    add(0, kind="admin", action="changed user", detail="ada")
    page = admin_client.get(activity_url(person=ada.pk)).text
    tiles = re.findall(r'<a href="([^"]+)"><b>(\d+)</b> (.+?)</a>', page)
    assert [(label, number) for _, number, label in tiles] == [
        ("calls in 30 days", "12"),
        ("calls in 7 days", "6"),
        ("failed in 7 days", "2"),
    ]
    [reason] = re.findall(r'<a href="([^"]+)">tool_error</a>.*?<td>(\d+)</td>', page)
    for address, number, *_ in [*tiles, reason]:
        assert admin_client.get(unescape(address)).context["cl"].result_count == int(number)


@pytest.mark.parametrize(
    "query", ["", "tool=", "client=none", "person=9999", "person=x", "person=1%00", "tool=%00", "client=" + "a" * 300]
)
def test_unknown_subject_is_not_found(admin_client: Browser, query: str) -> None:
    assert admin_client.get(f"{url('event_activity')}?{query}").status_code == 404


def test_page_needs_the_permission_to_view_the_audit_log() -> None:
    assert staff_with("view_client").get(activity_url(tool="find")).status_code == 403
    assert staff_with("view_event").get(activity_url(tool="find")).status_code == 200


def test_page_is_linked_only_for_those_who_may_open_it() -> None:
    page = staff_with("view_client").get(url("client_change", make_client().pk))
    assert page.status_code == 200
    assert "Activity" not in page.content.decode()


def test_name_of_a_tool_is_escaped(admin_client: Browser) -> None:
    page = admin_client.get(activity_url(tool="<b>&x=1")).content.decode()
    assert "<b>&x" not in page
    assert "tool=%3Cb%3E%26x%3D1" in page


def test_lines_leave_out_days_without_calls() -> None:
    add(0, duration_ms=100)
    add(3, duration_ms=50)
    figures = figures_of(Event.objects.all())
    p95, p50 = charts.lines(figures)
    assert (p95.name, len(p95.points), len(p50.points)) == ("p95", 2, 2)
    assert charts.slowest_ms(figures) == 100
    assert [round(y) for _, y in p95.points] == [80, 0]


@pytest.mark.parametrize(("now", "before", "expected"), [(3, 2, "+50 %"), (1, 2, "-50 %"), (0, 0, ""), (5, 0, "")])
def test_this_week_is_compared_with_the_last(now: int, before: int, expected: str) -> None:
    week, last = Calls(), Calls()
    week.outcomes["ok"], last.outcomes["ok"] = now, before
    assert charts.change(week, last) == expected
