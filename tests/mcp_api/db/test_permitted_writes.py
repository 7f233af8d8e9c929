"""Writes of the server itself, such as caches and events, during a tool with `read_only=True`."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import override_settings
from rest_framework import permissions, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts import rate_limits
from accounts.audit import events
from accounts.models import Event, User
from mcp_api import Context, expose, resource_updated, tool
from mcp_api.db.writes import WriteRefused, before_writes, refuse
from mcp_api.models import Mail
from mcp_api.testing import McpClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry", "empty_cache")]


@override_settings(LIMITS={**settings.LIMITS, "calls_person": "5/minute"})
def test_caches_sessions_limits_events_and_notifications_are_written(ada: User) -> None:
    @tool(read_only=True)
    def busy(context: Context) -> list[Any]:
        cache.set("key", "value")
        cache.add("other", 1)
        cache.incr("other")
        cache.delete("none")
        cache.set("old", 1, timeout=-1)
        session = SessionStore()
        session["a"] = 1
        session.save()
        session.delete()
        rate_limits.hit(*rate_limits.quotas(calls_person=context.user.pk))
        events.record(Event.Kind.MCP, outcome=Event.Outcome.OK, action="of a test")
        resource_updated("a://b")
        context.log("said")
        context.progress(1)
        return [cache.get("key"), cache.get("other"), cache.get("old")]

    assert McpClient(ada).call("busy").data == ["value", 2, None]
    assert Event.objects.filter(action="of a test").exists()
    assert Mail.objects.filter(topic="changes").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM oauth_mcp_event",
        "UPDATE oauth_mcp_event SET outcome = 'ok'",
        'DELETE FROM "oauth_mcp_event" WHERE id > 0',
        "INSERT OR REPLACE INTO oauth_mcp_event (id) VALUES (1)",
        "INSERT INTO oauth_mcp_event (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET outcome = 'ok'",
        "WITH a AS (SELECT 1) DELETE FROM oauth_mcp_event",
    ],
)
def test_events_are_only_added(sql: str) -> None:
    events.record(Event.Kind.MCP, outcome=Event.Outcome.FAILED, action="of a test")
    with before_writes(refuse), pytest.raises(WriteRefused), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.get(action="of a test").outcome == "failed"


@override_settings(
    CACHES={"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "a_cache_of_theirs"}}
)
def test_cache_of_a_projects_own_is_written() -> None:
    with before_writes(refuse), pytest.raises(DatabaseError, match="a_cache_of_theirs"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM a_cache_of_theirs")


def test_exposed_view_may_count_its_visitors(ada: User) -> None:
    """GET is read_only because HTTP says so, not the author of a tool: nothing is refused that worked before."""

    class Counting(viewsets.GenericViewSet[User]):
        queryset = User.objects.all()
        permission_classes = [permissions.IsAuthenticated]

        @action(detail=False)
        def counted(self, request: Any) -> Response:
            User.objects.filter(pk=request.user.pk).update(first_name="seen")
            return Response({})

    expose(Counting, name="people", actions=["counted"])
    assert not McpClient(ada).call("people_counted").is_error
    assert User.objects.get().first_name == "seen"
