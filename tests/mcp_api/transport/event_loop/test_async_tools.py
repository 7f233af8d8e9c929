"""Async tools under an event loop: in no thread and no transaction, hundreds at once, each with its Context."""

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from pydantic import BaseModel
from pytest_django import Settings

from accounts.models import Event, User
from mcp_api import Context, ToolError, tool
from mcp_api.models import Policy, SpentState
from mcp_api.registry.tools import Tool
from mcp_api.workers import async_calls, threads
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import CAPABILITIES_KEY, MODERN, VERSION_KEY, initialize, legacy
from tests.mcp_api.transport.event_loop.conftest import Loop, Post, post, request, sent
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


class Yes(BaseModel):
    sure: bool


@pytest.fixture(autouse=True)
def no_calls_stay_counted() -> Any:
    yield
    assert async_calls._running.total() == threads.waiting_octets.total() == 0


def value(reply: Any) -> Any:
    return reply.result["structuredContent"]["result"]


def outcomes() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("pk").values_list("outcome", "reason"))


def test_hundreds_wait_at_once_and_hold_no_thread(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def waits() -> str:
        await asyncio.sleep(0.5)
        return threading.current_thread().name

    started = time.monotonic()
    replies = loop.send(*(post(caller, "waits") for _ in range(300)))
    assert time.monotonic() - started < 10
    assert {value(reply) for reply in replies} == {threading.main_thread().name}
    assert outcomes() == [("ok", "")] * 300


def test_one_person_has_half_of_the_places(
    loop: Loop, caller: Caller, tools: dict[str, Tool], settings: Settings
) -> None:
    settings.ASYNC_CALLS = 4

    @tool
    async def waits() -> str:
        await asyncio.sleep(0.3)
        return "waited"

    access, _, raw = make_tokens(make_authorization(make_user("grace"), make_client()))
    other = Caller(access, raw)
    replies = loop.send(*(post(each, "waits") for each in (caller, caller, caller, other)))
    assert [reply.status for reply in replies] == [200, 200, 503, 200]


def test_one_beyond_its_time_is_stopped_and_recorded_once(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    stopped: list[str] = []

    @tool(timeout=0.1)
    async def overstays() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            stopped.append("yes")
            raise

    assert "given up" in json.dumps(loop.call(caller, "overstays").result)
    assert (stopped, outcomes()) == (["yes"], [("failed", "timeout")])


def test_failures_are_reported_and_recorded(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def fails() -> None:
        raise ToolError("not today")

    @tool
    async def exits() -> None:
        raise SystemExit

    @tool(scopes="write")
    async def needs_more() -> None: ...

    @tool(permission="oauth_mcp.view_user")
    async def is_for_some() -> None: ...

    replies = loop.send(*(post(caller, name) for name in ("fails", "exits", "needs_more", "is_for_some")))
    assert [reply.status for reply in replies] == [200, 200, 403, 400]
    assert sorted(reason for _, reason in outcomes()) == ["-32602", "defect", "insufficient_scope", "tool_error"]


def test_operators_rules_hold(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def works() -> str:
        return "done"

    rule = Policy.objects.create(kind="tool", name="works", calls_per_minute=1, keep_arguments=True)
    assert sorted(reply.status for reply in loop.send(post(caller, "works"), post(caller, "works"))) == [200, 429]
    assert Event.objects.get(outcome="ok").arguments == "{}"
    Policy.objects.filter(pk=rule.pk).update(enabled=False)
    rule.enabled = False
    rule.save()
    assert loop.call(caller, "works").status == 400


def test_it_may_ask_the_database_and_is_in_no_transaction(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def writes() -> None:
        await User.objects.filter(username="ada").aupdate(first_name="Ada")
        raise ToolError("written all the same")

    @tool(atomic=True)
    async def writes_at_once() -> None:
        await User.objects.filter(username="ada").aupdate(first_name="Lovelace")
        raise ToolError("taken back")

    loop.send(post(caller, "writes"), post(caller, "writes_at_once"))
    assert User.objects.get(username="ada").first_name == "Ada"


def test_progress_makes_a_stream(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def counts(context: Context) -> str:
        context.progress(1)
        await asyncio.sleep(0)
        return "counted"

    [reply] = loop.send(streaming(request(caller, "tools/call", {"name": "counts", "_meta": meta(progressToken=1)})))
    early, last = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: ")]
    assert early["method"] == "notifications/progress"
    assert last["result"]["structuredContent"] == {"result": "counted"}
    assert outcomes() == [("ok", "")]


def test_it_asks_its_client_and_ends_once(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def asks(context: Context) -> bool:
        answer = context.elicit("Sure?", Yes)
        return bool(answer.data.sure)

    able = meta(elicitation={"form": {}})
    [asked] = loop.send(request(caller, "tools/call", {"name": "asks", "_meta": able}))
    [key] = asked.result["inputRequests"]
    again = {
        "name": "asks",
        "_meta": able,
        "requestState": asked.result["requestState"],
        "inputResponses": {key: {"action": "accept", "content": {"sure": True}}},
    }
    [answered] = loop.send(request(caller, "tools/call", again))
    assert value(answered) is True
    [repeated] = loop.send(request(caller, "tools/call", again))
    assert (repeated.status, SpentState.objects.count()) == (400, 1)


def test_in_a_legacy_session_too(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    async def works(context: Context) -> str:
        context.log("on the way", "warning")
        return context.user.username

    [begun] = loop.send(sent(caller, initialize("2025-11-25")))
    body, headers = legacy("tools/call", {"name": "works"})
    named = {**headers, "Mcp-Session-Id": begun.headers["mcp-session-id"]}
    [plain] = loop.send(sent(caller, body, named))
    assert value(plain) == "ada"
    [stream] = loop.send(streaming(sent(caller, body, named)))
    assert b"on the way" in stream.body
    assert b'"result":"ada"' in stream.body


def meta(progressToken: int | None = None, **capabilities: Any) -> dict[str, Any]:  # noqa: N803 - the member's name
    made: dict[str, Any] = {VERSION_KEY: MODERN, CAPABILITIES_KEY: capabilities}
    return made if progressToken is None else {**made, "progressToken": progressToken}


def streaming(post: Post) -> Post:
    return Post(post.body, {**post.headers, "Accept": "application/json, text/event-stream"}, post.scope)
