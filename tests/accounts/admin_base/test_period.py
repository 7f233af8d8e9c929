"""Filter of the audit log by a period, in the list, and in its export."""

from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.admin_base.period import presets
from accounts.models import Event
from tests.support.admin.pages import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def events() -> None:
    noon = timezone.localtime().replace(hour=12)
    for days in (0, 1, 6, 7, 40):
        Event.objects.create(kind="mcp", action=f"{days} days ago", at=noon - timedelta(days=days))


def day(days_ago: int) -> str:
    return (timezone.localdate() - timedelta(days=days_ago)).isoformat()


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 5),
        (f"from={day(1)}", 2),
        (f"to={day(7)}", 2),
        (f"from={day(6)}&to={day(1)}", 2),
        (f"from={day(0)}&to={day(0)}", 1),
        (f"from={day(0)}&to={day(1)}", 0),
        ("from=yesterday&to=2026-13-45", 5),
        ("from=0001-01-01&to=9999-12-31", 5),
        ("from=&to=", 5),
        ("from=%00", 5),
    ],
)
def test_days_are_whole_and_what_is_no_date_is_ignored(admin_client: Browser, query: str, found: int) -> None:
    page = admin_client.get(f"{url('event_changelist')}?{query}")
    assert page.status_code == 200
    listed = [event for event in page.context["cl"].result_list if event.kind == "mcp"]
    assert len(listed) == found


@pytest.mark.usefixtures("events")
def test_export_has_the_period_of_the_list(admin_client: Browser) -> None:
    exported = admin_client.get(f"{url('event_export', 'jsonl')}?from={day(6)}&to={day(1)}")
    assert b"".join(exported).count(b" days ago") == 2


def test_form_keeps_the_other_filters(admin_client: Browser) -> None:
    page = admin_client.get(f"{url('event_changelist')}?outcome__exact=ok&from={day(1)}&p=1").content.decode()
    assert '<input type="hidden" name="outcome__exact" value="ok">' in page
    assert f'<input type="date" name="from" value="{day(1)}">' in page
    assert "Last month" in page


def test_months_are_whole() -> None:
    periods = dict(presets(date(2026, 3, 5)))
    assert (periods["Last month"].first, periods["Last month"].last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (periods["This month"].first, periods["Last 7 days"].first) == (date(2026, 3, 1), date(2026, 2, 27))
