"""The operator's rules and the limits of calls under an event loop."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from pytest_django import Settings

from accounts.models import Event
from mcp_api.models import Policy
from mcp_api.transport import event_loop
from tests.mcp_api.conftest import Caller
from tests.mcp_api.transport.event_loop.comparison import assert_same
from tests.mcp_api.transport.event_loop.conftest import Loop, post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


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


def test_limits_are_counted_and_sent_in_headers(loop: Loop, caller: Caller, settings: Settings) -> None:
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
