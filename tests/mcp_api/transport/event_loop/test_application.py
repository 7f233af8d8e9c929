"""The ASGI application: where it serves the endpoint, what it leaves to Django, and its headers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Authorization, Event
from accounts.revocation.authorizations import revoke
from mcp_api import tool
from mcp_api.registry.tools import Tool
from mcp_api.transport.application import EndpointApplication, with_endpoint
from mcp_api.transport.headers import _same
from tests.mcp_api.conftest import Caller
from tests.mcp_api.transport.event_loop.conftest import Loop, Post, django, post, tokens_of
from tests.support.hidden_people import hide_everybody, hiding

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def test_event_has_the_request_id_of_the_reply(loop: Loop, caller: Caller) -> None:
    reply = loop.call(caller)
    assert Event.objects.get().request_id == reply.headers["x-request-id"] != ""
    assert loop.counted == [("POST", 200)]


def test_of_many_at_once_each_has_its_own_reply_and_event(loop: Loop, caller: Caller) -> None:
    callers = [caller, *(Caller(access, raw) for access, _, raw in (tokens_of(f"person-{n}") for n in range(9)))]
    texts = [(each, f"{each.person.username} {turn}") for each in callers for turn in range(9)]
    replies = loop.send(*(post(each, "echo", {"text": text}) for each, text in texts))
    answers = {reply.headers["x-request-id"]: reply.result["structuredContent"]["result"] for reply in replies}
    assert list(answers.values()) == [text for _, text in texts]
    assert {event.request_id: event.username for event in Event.objects.all()} == {
        request_id: answer.split()[0] for request_id, answer in answers.items()
    }


def test_token_revoked_a_moment_ago_is_refused(loop: Loop, caller: Caller) -> None:
    assert loop.call(caller).status == 200
    revoke(Authorization.objects.all(), reason="test")
    assert loop.call(caller).status == 401


@contextmanager
def changed(row: Any, **fields: Any) -> Iterator[None]:
    before = {name: getattr(row, name) for name in fields}
    type(row).objects.filter(pk=row.pk).update(**fields)
    try:
        yield
    finally:
        type(row).objects.filter(pk=row.pk).update(**before)


def test_expired_revoked_and_suspended_rows_are_refused(loop: Loop, caller: Caller) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for row, fields in (
        (caller.token, {"expires": past}),
        (caller.token, {"resource": ["http://localhost/other"]}),
        (caller.token.authorization, {"expires_at": past}),
        (caller.token.authorization, {"revoked_at": past}),
        (caller.client, {"suspended_at": past}),
        (caller.client, {"approved_at": None}),
    ):
        with changed(row, **fields):
            assert loop.call(caller).status == 401, fields
    assert loop.call(caller).status == 200


def test_person_whom_the_manager_of_a_site_hides_is_refused(loop: Loop, caller: Caller) -> None:
    with hiding():
        assert loop.call(caller).status == 200
        hide_everybody()
        assert loop.call(caller).status == 401


def test_refusal_of_a_suspended_person_revokes_the_access(loop: Loop, caller: Caller) -> None:
    with changed(caller.person, is_active=False):
        assert loop.call(caller).status == 401
    assert loop.call(caller).status == 401


@pytest.mark.parametrize(
    "scope", [{"path": "/mcp/more/x"}, {"path": "/"}, {"method": "OPTIONS"}, {"type": "websocket"}]
)
def test_what_is_not_for_the_endpoint_is_left_to_django(loop: Loop, caller: Caller, scope: dict[str, str]) -> None:
    request = post(caller)
    assert loop.leaves(Post(request.body, request.headers, scope))


@pytest.mark.parametrize("host", ["evil.example", ""])
def test_names_that_are_not_ours_are_left_to_django(loop: Loop, caller: Caller, host: str) -> None:
    request = post(caller)
    assert loop.leaves(Post(request.body, {**request.headers, "host": host}))


def test_tool_may_ask_the_database(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool(read_only=True, timeout=None)
    def count_events() -> int:
        return Event.objects.count()

    assert loop.call(caller, "count_events").result["structuredContent"] == {"result": 0}
    assert loop.call(caller, "count_events").result["structuredContent"] == {"result": 1}


def test_there_is_one_on_postgresql() -> None:
    assert isinstance(with_endpoint(django), EndpointApplication)


@pytest.mark.parametrize(("name", "value"), [("DEBUG", True), ("TRACES", True), ("PREPARED_STATEMENTS", False)])
def test_there_is_none_where_django_has_more_to_do(settings: Settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert with_endpoint(django) is django


def test_there_is_none_with_middleware_of_the_project(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.gzip.GZipMiddleware"]
    assert with_endpoint(django) is django


def test_middleware_that_was_taken_out_sets_no_header(loop: Loop, caller: Caller, settings: Settings) -> None:
    security = "django.middleware.security.SecurityMiddleware"
    _same.cache_clear()
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name != security]):
        assert "x-content-type-options" not in loop.call(caller).headers
    _same.cache_clear()
    assert loop.call(caller).headers["x-content-type-options"] == "nosniff"


def test_strict_transport_security_is_set_where_the_proxy_says_https(
    loop: Loop, caller: Caller, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_PROXY_SSL_HEADER = 60, ("HTTP_X_FORWARDED_PROTO", "https")
    _same.cache_clear()
    request = post(caller)
    by_proxy = Post(request.body, {**request.headers, "X-Forwarded-Proto": "https"})
    try:
        plain, secure = loop.send(request, by_proxy)
    finally:
        _same.cache_clear()
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"].startswith("max-age=60")
