"""The endpoint under an event loop: the same replies, and the same events, as by Django's view."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, Event, RefreshToken, User
from accounts.revocation.authorizations import revoke
from mcp_api import Context, ToolError, tool
from mcp_api.models import Policy
from mcp_api.registry.tools import Tool
from mcp_api.transport import event_loop
from mcp_api.transport.application import EndpointApplication, with_endpoint
from mcp_api.transport.headers import _same
from tests.mcp_api.conftest import Caller, make_caller
from tests.mcp_api.messages import initialize, legacy, modern
from tests.mcp_api.transport.comparison import _message, assert_same_answer
from tests.mcp_api.transport.conftest import Loop, Post, django, post, request, sent
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    return make_caller()


def test_event_has_the_id_that_the_reply_tells(loop: Loop, caller: Caller) -> None:
    reply = loop.call(caller)
    assert Event.objects.get().request_id == reply.headers["x-request-id"] != ""
    assert loop.counted == [("POST", 200)]


def test_of_many_at_once_each_has_its_own_reply_and_event(loop: Loop, caller: Caller) -> None:
    callers = [caller, *(Caller(access, raw) for access, _, raw in (_tokens_of(f"person-{n}") for n in range(9)))]
    texts = [(each, f"{each.person.username} {turn}") for each in callers for turn in range(9)]
    replies = loop.send(*(post(each, "echo", {"text": text}) for each, text in texts))
    answers = {reply.headers["x-request-id"]: reply.result["structuredContent"]["result"] for reply in replies}
    assert list(answers.values()) == [text for _, text in texts]
    assert {event.request_id: event.username for event in Event.objects.all()} == {
        request_id: answer.split()[0] for request_id, answer in answers.items()
    }


def _tokens_of(name: str) -> tuple[AccessToken, RefreshToken, str]:
    return make_tokens(make_authorization(make_user(name), make_client()))


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


def test_nobody_who_ended_gets_by(loop: Loop, caller: Caller) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for row, fields in (
        (caller.token, {"expires": past}),
        (caller.token, {"resource": ["http://localhost/other"]}),
        (caller.token.authorization, {"expires_at": past}),
        (caller.token.authorization, {"revoked_at": past}),
        (caller.client, {"suspended_at": past}),
        (caller.client, {"approved_at": None}),
        (caller.person, {"is_active": False}),
    ):
        with changed(row, **fields):
            assert loop.call(caller).status == 401, fields
    assert loop.call(caller).status == 200


@pytest.mark.parametrize("scope", [{"path": "/mcp/more"}, {"path": "/"}, {"method": "OPTIONS"}, {"type": "websocket"}])
def test_what_is_not_for_the_endpoint_is_left_to_django(loop: Loop, caller: Caller, scope: dict[str, str]) -> None:
    request = post(caller)
    assert loop.leaves(Post(request.body, request.headers, scope))


@pytest.mark.parametrize("host", ["evil.example", ""])
def test_names_that_are_not_ours_are_left_to_django(loop: Loop, caller: Caller, host: str) -> None:
    request = post(caller)
    assert loop.leaves(Post(request.body, {**request.headers, "host": host}))


# --- The same as by Django's view ------------------------------------------------------------------


def assert_same(loop: Loop, caller: Caller, method: str, params: dict[str, Any] | None = None) -> Any:
    """What is replied, and recorded, is that of the view. Returns the reply."""
    Event.objects.all().delete()
    [reply] = loop.send(request(caller, method, params))
    assert_same_answer(reply, caller.modern(method, params))
    assert Event.objects.count() == 2
    return _message(reply.body)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nobody-has-this"},
        {"Authorization": ""},
        {"Authorization": "Basic abc"},
        {"Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Mcp-Session-Id": "one"},
        {"Mcp-Session-Id": "x" * 10_000},
        {"Mcp-Name": "other"},
        {"Mcp-Method": "tools/list"},
        {"MCP-Protocol-Version": "2025-11-25"},
        {"MCP-Protocol-Version": "1900-01-01"},
    ],
)
def test_headers(loop: Loop, caller: Caller, headers: dict[str, str]) -> None:
    body, its_headers = modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    [reply] = loop.send(sent(caller, body, {**its_headers, **headers}))
    assert_same_answer(reply, caller.send(body, {**its_headers, **headers}))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000),
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "a", "result": {}},
        [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2, "method": "initialize"}],
    ],
)
def test_bodies(loop: Loop, caller: Caller, body: Any) -> None:
    for headers in ({}, {"MCP-Protocol-Version": "2025-03-26"}):
        Event.objects.all().delete()
        [reply] = loop.send(sent(caller, body, headers))
        assert_same_answer(reply, caller.send(body, headers))


def test_body_that_is_too_large(loop: Loop, caller: Caller, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    [reply] = loop.send(sent(caller, b" " * 1001))
    assert reply.status == 413
    assert_same_answer(reply, caller.send(b" " * 1001))


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
def test_other_methods(loop: Loop, caller: Caller, method: str) -> None:
    [reply] = loop.send(sent(caller, b"", method=method))
    assert_same_answer(reply, caller.http.generic(method, "/mcp", headers=caller.authorized()))


def test_legacy_session_from_its_beginning_to_its_end(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    def first_name(context: Context) -> str:
        return context.user.first_name

    [begun] = loop.send(sent(caller, initialize("2025-11-25")))
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
    for method, params in (
        ("ping", {}),
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "hi"}}),
        ("tools/call", {"name": "first_name"}),
        ("tools/call", {"name": "no_such_tool"}),
        ("logging/setLevel", {"level": "debug"}),
        ("resources/subscribe", {"uri": "no://such"}),
    ):
        Event.objects.all().delete()
        body, headers = legacy(method, params)
        [reply] = loop.send(sent(caller, body, {**headers, **session}))
        assert_same_answer(reply, caller.send(body, {**headers, **session}))
        assert Event.objects.count() == 2
    [ended] = loop.send(sent(caller, b"", session, method="DELETE"))
    assert ended.status == 204
    [gone] = loop.send(sent(caller, body, {**headers, **session}))
    assert gone.status == 404


def test_session_of_somebody_else_is_gone(loop: Loop, caller: Caller) -> None:
    other = Caller(*_tokens_of("grace")[::2])
    [begun] = loop.send(sent(other, initialize("2025-11-25")))
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
    body, headers = legacy("ping")
    theirs, ours = loop.send(sent(other, body, {**headers, **session}), sent(caller, body, {**headers, **session}))
    assert (theirs.status, ours.status) == (200, 404)


def test_several_sessions_of_one_token_at_once(loop: Loop, caller: Caller) -> None:
    begun = loop.send(*(sent(caller, initialize(version)) for version in ("2025-11-25", "2025-06-18")))
    ids = [reply.headers["mcp-session-id"] for reply in begun]
    body, headers = legacy("ping")
    named = [*ids, "none", *ids]
    replies = loop.send(*(sent(caller, body, {**headers, "Mcp-Session-Id": session_id}) for session_id in named))
    assert [reply.status for reply in replies] == [200, 200, 404, 200, 200]


def test_reply_and_event_of_each_method(loop: Loop, caller: Caller) -> None:
    for method, params in (
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "Grüße 🌍"}}),
        ("tools/call", {"name": "get_user_info"}),
        ("tools/call", {"name": "echo", "arguments": {"text": 1}}),
        ("tools/call", {"name": "echo", "arguments": ["hi"]}),
        ("tools/call", {"name": "no_such_tool"}),
        ("tools/call", {"name": "echo", "arguments": {"text": "a"}, "requestState": "made up"}),
        ("tools/call", {"name": "echo", "arguments": {"text": "a"}, "inputResponses": {"a": {}}}),
        ("server/discover", {}),
        ("resources/list", {}),
        ("prompts/get", {"name": "none"}),
        ("no/such/method", {}),
    ):
        assert_same(loop, caller, method, params)


def test_kinds_of_tools(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool(timeout=None)
    def writes() -> str:
        User.objects.filter(username="ada").update(first_name="Ada")
        return "written"

    @tool
    def writes_in_time() -> int:
        return User.objects.count()

    @tool(read_only=True, permission="accounts.view_user")
    def is_for_some() -> str:
        return "for some"

    @tool(read_only=True, timeout=None)
    async def waits() -> str:
        await asyncio.sleep(0)
        return "waited"

    @tool(read_only=True, timeout=0.1)
    def takes_too_long() -> None:
        time.sleep(0.4)

    @tool(read_only=True, timeout=None)
    def fails() -> str:
        raise ToolError("not today")

    @tool(read_only=True, timeout=None)
    def breaks() -> str:
        raise KeyError("secret")

    @tool(read_only=True, timeout=None)
    def exits() -> str:
        raise SystemExit

    @tool(read_only=True, timeout=None, scopes="write")
    def needs_more() -> str:
        return "more"

    told = {each: json.dumps(assert_same(loop, caller, "tools/call", {"name": each})) for each in OWN_TOOLS}
    assert "written" in told["writes"]
    assert "given up" in told["takes_too_long"]
    assert "secret" not in told["breaks"]
    assert "insufficient_scope" in told["needs_more"]
    assert "Unknown tool" in told["is_for_some"]


OWN_TOOLS = (
    *("writes", "writes_in_time", "is_for_some", "waits", "takes_too_long", "fails", "breaks", "exits", "needs_more"),
)


def test_operators_rules_count_from_the_next_call(loop: Loop, caller: Caller) -> None:
    call = ("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    rule = Policy.objects.create(kind="tool", name="echo", enabled=False)
    assert "Unknown tool" in json.dumps(assert_same(loop, caller, *call))
    rule.delete()
    assert loop.call(caller).status == 200
    rule = Policy.objects.create(kind="tool", name="echo", scopes="write")
    assert "insufficient_scope" in json.dumps(assert_same(loop, caller, *call))
    rule.delete()
    rule = Policy.objects.create(kind="tool", name="echo")
    rule.groups.add(group := Group.objects.create(name="some"))
    assert "Unknown tool" in json.dumps(assert_same(loop, caller, *call))
    caller.person.groups.add(group)
    assert "result" in assert_same(loop, caller, *call)
    rule.delete()
    Policy.objects.create(kind="tool", name="echo", calls_per_minute=1)
    assert [reply.status for reply in loop.send(post(caller), post(caller))] in ([200, 429], [429, 200])


def test_arguments_are_kept_where_the_operator_wants_them(loop: Loop, caller: Caller) -> None:
    Policy.objects.create(kind="tool", name="echo", keep_arguments=True)
    loop.call(caller, text="keep me")
    assert Event.objects.latest("pk").arguments == '{"text": "keep me"}'


def test_limits_are_counted_and_told(loop: Loop, caller: Caller, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "calls_person": "2/minute"}
    assert "r=1;" in loop.call(caller).headers["ratelimit"]
    loop.call(caller)
    [refused] = loop.send(post(caller))
    assert (refused.status, "retry-after" in refused.headers) == (429, True)
    assert list(Event.objects.order_by("pk").values_list("reason", flat=True)) == ["", "", "too_many_calls"]


def test_calls_from_a_block_are_counted_in_the_event_loop(
    loop: Loop, caller: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIMITS = {**settings.LIMITS, "calls_person": "1200/minute"}
    in_threads: list[Any] = []

    async def in_thread(work: Callable[[], Any]) -> Any:
        in_threads.append(work)
        return await real(work)

    real = event_loop.in_thread
    monkeypatch.setattr(event_loop, "in_thread", in_thread)
    told = [loop.call(caller).headers["ratelimit"] for _ in range(3)]
    assert [each.split(";")[1] for each in told] == ["r=1199", "r=1198", "r=1197"]
    assert len(in_threads) == 1


def test_tool_may_ask_the_database(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool(read_only=True, timeout=None)
    def count_events() -> int:
        return Event.objects.count()

    assert loop.call(caller, "count_events").result["structuredContent"] == {"result": 0}
    assert loop.call(caller, "count_events").result["structuredContent"] == {"result": 1}


# --- Where it serves the endpoint ------------------------------------------------------------------


def test_there_is_one_on_postgresql() -> None:
    assert isinstance(with_endpoint(django), EndpointApplication)


@pytest.mark.parametrize(("name", "value"), [("DEBUG", True), ("TRACES", True), ("PREPARED_STATEMENTS", False)])
def test_there_is_none_where_django_has_more_to_do(settings: Settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert with_endpoint(django) is django


def test_there_is_none_past_middleware_of_somebodys_own(settings: Settings) -> None:
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
