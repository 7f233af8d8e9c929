"""Times on pages: in the zone that the reader's browser names, or else in TIME_ZONE, and labelled with it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event
from config.http.page_middleware import ReadersTimeZone
from tests.support.factories import make_user
from tests.support.flows import sign_in

pytestmark = pytest.mark.django_db

EVENTS = reverse("admin:oauth_mcp_event_changelist")
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def zone_on(path: str, cookie: str | None) -> str:
    """The zone that is active while a page is made."""
    request = RequestFactory().get(path)
    if cookie is not None:
        request.COOKIES["time_zone"] = cookie
    active: list[str] = []

    def respond(request: Any) -> Any:
        active.append(timezone.get_current_timezone_name())
        return None

    ReadersTimeZone(respond)(request)
    return active[0]


def test_admin_shows_times_in_the_readers_zone_and_names_it(admin_client: Browser) -> None:
    Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo", at=NOON)
    page = admin_client.get(EVENTS).text
    assert "2026-11-27 12:00:00" in page
    assert "Times in UTC" in page
    admin_client.cookies["time_zone"] = "Asia/Tokyo"
    page = admin_client.get(EVENTS).text
    assert "2026-11-27 21:00:00" in page
    assert "Times in Asia/Tokyo" in page


def test_the_page_of_apps_does_so_as_well() -> None:
    person = make_user()
    browser = sign_in(person)
    Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo", user_id=person.pk, at=NOON)
    browser.cookies["time_zone"] = "Asia/Tokyo"
    page = browser.get("/apps").text
    assert "27 Nov, 21:00" in page
    assert "Times are in Asia/Tokyo." in page


def test_the_setting_applies_where_the_browser_names_no_zone(admin_client: Browser, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo", at=NOON)
    page = admin_client.get(EVENTS).text
    assert "2026-11-27 13:00:00" in page
    assert "Times in Europe/Berlin" in page


@pytest.mark.parametrize("cookie", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "\x00", "x" * 4000])
def test_what_is_no_zone_is_ignored(cookie: str) -> None:
    assert zone_on("/apps", cookie) == "UTC"


def test_one_readers_zone_is_not_the_next_ones() -> None:
    assert zone_on("/apps", "Asia/Tokyo") == "Asia/Tokyo"
    assert zone_on("/apps", None) == "UTC"
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("path", ["/mcp", "/oauth/token", "/oauth/register"])
def test_endpoints_for_programs_have_the_servers_zone(path: str) -> None:
    assert zone_on(path, "Asia/Tokyo") == "UTC"
