"""Events of tests, and the list of events in admin."""

from typing import Any

from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Event

LIST = reverse("admin:oauth_mcp_event_changelist")


def changes() -> list[tuple[str, str, str]]:
    """Return person, action and row of each change in admin."""
    found = Event.objects.filter(kind="admin").order_by("pk")
    return [(event.username, event.action, event.detail) for event in found]


def add(**fields: Any) -> Event:
    return Event.objects.create(**{"kind": "mcp", "outcome": "ok", "action": "tools/call echo", **fields})


def shown(browser: Browser, **query: Any) -> set[int]:
    return {row.pk for row in browser.get(LIST, query).context["cl"].result_list}
