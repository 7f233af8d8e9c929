"""Every row of the database that a refused request must leave as it is."""

from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session

from accounts.models import Event

# A refusal is an event, and a page may begin a session.
WRITTEN_BY_ANY_REQUEST = (Event, Session)
TABLES = [model for model in apps.get_models() if model not in WRITTEN_BY_ANY_REQUEST]


def stored() -> dict[str, list[dict[str, Any]]]:
    return {table.__name__: list(table._base_manager.order_by("pk").values()) for table in TABLES}
