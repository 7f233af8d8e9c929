"""A plain call under an event loop: the same reply, and the same event, as by the ordinary way."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, Event, RefreshToken, User
from accounts.revocation import revoke
from mcp_api import ToolError, tool
from mcp_api.express.application import Express, beside
from mcp_api.express.entry import principal_of
from mcp_api.express.headers import Headers, set_by_middleware
from mcp_api.models import Policy
from mcp_api.offers.registry import Tool
from tests.event_loop import run
from tests.factories import make_authorization, make_client, make_tokens, make_user
from tests.mcp_api.conftest import Caller, make_caller
from tests.mcp_api.express.conftest import Post, Reply, Road, django, post, request

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]

# Each reply has its own; Allow is REST framework's word, and no length is told of what Django is handed in a test.
IGNORED = dict.fromkeys(("x-request-id", "allow", "content-length"), "")
REFERENCE = re.compile(rb"(?:under|reference) [0-9a-f]{8}")
NOT_COMPARED = {"id", "at", "request_id", "duration_ms"}


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    return make_caller()


def columns(event: Event) -> dict[str, Any]:
    values = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
    return {name: value for name, value in values.items() if name not in NOT_COMPARED}


def test_event_has_the_id_that_the_reply_tells(road: Road, caller: Caller) -> None:
    reply = road.call(caller)
    assert Event.objects.get().request_id == reply.headers["x-request-id"] != ""
    assert [status for status, _ in road.counted] == [200]


def test_of_many_at_once_each_has_its_own_reply_and_event(road: Road, caller: Caller) -> None:
    callers = [caller, *(Caller(access, raw) for access, _, raw in (_tokens_of(f"person-{n}") for n in range(9)))]
    texts = [(each, f"{each.person.username} {turn}") for each in callers for turn in range(9)]
    replies = road.send(*(post(each, "echo", {"text": text}) for each, text in texts))
    answers = {reply.headers["x-request-id"]: reply.result["structuredContent"]["result"] for reply in replies}
    assert list(answers.values()) == [text for _, text in texts]
    assert {event.request_id: event.username for event in Event.objects.all()} == {
        request_id: answer.split()[0] for request_id, answer in answers.items()
    }


def _tokens_of(name: str) -> tuple[AccessToken, RefreshToken, str]:
    return make_tokens(make_authorization(make_user(name), make_client()))


def test_whoever_presents_the_same_token_shares_nothing(road: Road, caller: Caller, tools: dict[str, Tool]) -> None:
    async def both() -> Any:
        headers = Headers([(b"authorization", f"Bearer {caller.raw}".encode())])
        return await asyncio.gather(principal_of(headers), principal_of(headers))

    one, other = run(both)
    assert one == other
    assert one.user is not other.user


def test_token_revoked_a_moment_ago_is_left_to_be_refused(road: Road, caller: Caller) -> None:
    assert not road.leaves(post(caller))
    revoke(Authorization.objects.all(), reason="test")
    assert road.leaves(post(caller))


@contextmanager
def changed(row: Any, **fields: Any) -> Iterator[None]:
    before = {name: getattr(row, name) for name in fields}
    type(row).objects.filter(pk=row.pk).update(**fields)
    try:
        yield
    finally:
        type(row).objects.filter(pk=row.pk).update(**before)


def test_nobody_who_ended_gets_by(road: Road, caller: Caller) -> None:
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
            assert road.leaves(post(caller)), fields
    assert not road.leaves(post(caller))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nobody-has-this"},
        {"Authorization": ""},
        {"Authorization": "Basic abc"},
        {"Origin": "http://localhost"},
        {"Host": "evil.example"},
        {"Host": ""},
        {"Mcp-Session-Id": "one"},
        {"Mcp-Name": "other"},
        {"Mcp-Method": "tools/list"},
        {"MCP-Protocol-Version": "2025-11-25"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "x"},
        {"Content-Length": "70000"},
    ],
)
def test_what_may_be_refused_is_left_to_django(road: Road, caller: Caller, headers: dict[str, str]) -> None:
    request = post(caller)
    lower = {name.lower(): value for name, value in {**request.headers, **headers}.items()}
    assert road.leaves(Post(request.body, lower))


@pytest.mark.parametrize(
    "scope", [{"path": "/mcp/more"}, {"path": "/"}, {"method": "GET"}, {"method": "DELETE"}, {"type": "websocket"}]
)
def test_other_requests_are_left_to_django(road: Road, caller: Caller, scope: dict[str, str]) -> None:
    request = post(caller)
    assert road.leaves(Post(request.body, request.headers, scope))


def test_other_messages_are_left_to_django(road: Road, caller: Caller) -> None:
    for body in (b"", b"{", b"[]", b"null", b"\xff", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'):
        assert road.leaves(Post(body, post(caller).headers)), body
    for method in ("subscriptions/listen", "initialize"):
        assert road.leaves(request(caller, method)), method
    assert not Event.objects.exists()


# --- The same as the ordinary way ----------------------------------------------------------------


def assert_same(road: Road, caller: Caller, method: str, params: dict[str, Any] | None = None) -> Any:
    """What is replied, and recorded, is that of the ordinary way. Returns the reply."""
    Event.objects.all().delete()
    [short] = road.send(request(caller, method, params))
    assert_same_answer(short, caller.modern(method, params))
    assert Event.objects.count() == 2
    return _message(short.body)


def assert_same_answer(short: Reply, ordinary: Any) -> None:
    """`short`, which came first, and `ordinary` are the same, and so is what was recorded of both."""
    assert (short.status, _message(short.body)) == (ordinary.status_code, _message(ordinary.content))
    its = {name.lower(): value for name, value in ordinary.headers.items()}
    assert {**short.headers, **IGNORED} == {**its, **IGNORED}
    events = [columns(event) for event in Event.objects.order_by("pk")]
    assert events[: len(events) // 2] == events[len(events) // 2 :]


def _message(body: bytes) -> Any:
    return json.loads(REFERENCE.sub(b"reference", body))


def test_reply_and_event_of_each_method(road: Road, caller: Caller) -> None:
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
        assert_same(road, caller, method, params)


def test_kinds_of_tools(road: Road, caller: Caller, tools: dict[str, Tool]) -> None:
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

    told = {each: json.dumps(assert_same(road, caller, "tools/call", {"name": each})) for each in OWN_TOOLS}
    assert "written" in told["writes"]
    assert "given up" in told["takes_too_long"]
    assert "secret" not in told["breaks"]
    assert "insufficient_scope" in told["needs_more"]
    assert "Unknown tool" in told["is_for_some"]


OWN_TOOLS = (
    *("writes", "writes_in_time", "is_for_some", "waits", "takes_too_long", "fails", "breaks", "exits", "needs_more"),
)


def test_operators_rules_count_from_the_next_call(road: Road, caller: Caller) -> None:
    call = ("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    rule = Policy.objects.create(kind="tool", name="echo", enabled=False)
    # The process has older rules: whoever reads the new ones is the ordinary way.
    assert road.leaves(post(caller))
    caller.modern("tools/list")
    assert "Unknown tool" in json.dumps(assert_same(road, caller, *call))
    rule.delete()
    assert road.leaves(post(caller))
    rule = Policy.objects.create(kind="tool", name="echo", scopes="write")
    caller.modern("tools/list")
    assert "insufficient_scope" in json.dumps(assert_same(road, caller, *call))
    rule.delete()
    rule = Policy.objects.create(kind="tool", name="echo")
    rule.groups.add(group := Group.objects.create(name="some"))
    caller.modern("tools/list")
    assert "Unknown tool" in json.dumps(assert_same(road, caller, *call))
    caller.person.groups.add(group)
    caller.modern("tools/list")
    assert "result" in assert_same(road, caller, *call)
    rule.delete()
    Policy.objects.create(kind="tool", name="echo", calls_per_minute=1)
    caller.modern("tools/list")
    assert [reply.status for reply in road.send(post(caller), post(caller))] in ([200, 429], [429, 200])


def test_arguments_are_kept_where_the_operator_wants_them(road: Road, caller: Caller) -> None:
    Policy.objects.create(kind="tool", name="echo", keep_arguments=True)
    caller.modern("tools/list")
    road.call(caller, text="keep me")
    assert Event.objects.latest("pk").arguments == '{"text": "keep me"}'


def test_limits_are_counted_and_told(road: Road, caller: Caller, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "calls_person": "2/minute"}
    assert "r=1;" in road.call(caller).headers["ratelimit"]
    road.call(caller)
    assert road.leaves(post(caller))
    assert Event.objects.count() == 2


def test_tool_may_ask_the_database(road: Road, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool(read_only=True, timeout=None)
    def count_events() -> int:
        return Event.objects.count()

    assert road.call(caller, "count_events").result["structuredContent"] == {"result": 0}
    assert road.call(caller, "count_events").result["structuredContent"] == {"result": 1}


# --- Where there is a short way ------------------------------------------------------------------


def test_there_is_one_on_postgresql() -> None:
    assert isinstance(beside(django), Express)


@pytest.mark.parametrize(("name", "value"), [("DEBUG", True), ("TRACES", True), ("PREPARED_STATEMENTS", False)])
def test_there_is_none_where_django_has_more_to_do(settings: Settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert beside(django) is django


def test_there_is_none_past_middleware_of_somebodys_own(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.gzip.GZipMiddleware"]
    assert beside(django) is django


def test_middleware_that_was_taken_out_sets_no_header(road: Road, caller: Caller, settings: Settings) -> None:
    security = "django.middleware.security.SecurityMiddleware"
    set_by_middleware.cache_clear()
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name != security]):
        assert "x-content-type-options" not in road.call(caller).headers
    set_by_middleware.cache_clear()
    assert road.call(caller).headers["x-content-type-options"] == "nosniff"


def test_strict_transport_security_is_set_where_the_proxy_says_https(
    road: Road, caller: Caller, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_PROXY_SSL_HEADER = 60, ("HTTP_X_FORWARDED_PROTO", "https")
    set_by_middleware.cache_clear()
    request = post(caller)
    by_proxy = Post(request.body, {**request.headers, "X-Forwarded-Proto": "https"})
    try:
        plain, secure = road.send(request, by_proxy)
    finally:
        set_by_middleware.cache_clear()
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"].startswith("max-age=60")
