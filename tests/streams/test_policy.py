"""A policy that is changed in one process rules the very next request in every other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.streams.listening import listen
from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer

MAKE = "from mcp_api.models import Policy; policy, _ = Policy.objects.get_or_create(kind='tool', name='announce'); "


@pytest.fixture
def decide(server: LiveServer) -> Iterator[object]:
    """Run code about the `policy` of a tool, in a process of its own; what it decides is forgotten afterwards."""
    yield lambda code: server.shell(MAKE + code)
    server.shell("from mcp_api.models import Policy; [policy.delete() for policy in Policy.objects.all()]")


def answers(wire: Wire) -> set[int]:
    """The statuses of several calls in a row, which reach each of the server's processes."""
    return {wire.post(**wire.tool("announce", what="tools")).status_code for _ in range(8)}


def test_disabled_tool_is_refused_by_the_very_next_request_in_every_process(wire: Wire, decide):
    assert answers(wire) == {200}
    decide("policy.enabled = False; policy.save()")
    assert answers(wire) == {400}
    decide("policy.enabled = True; policy.save()")
    assert answers(wire) == {200}


def test_group_that_a_person_left_counts_no_more(wire: Wire, decide):
    member = f"User.objects.get(username={wire.username!r}).groups"
    decide(
        f"from django.contrib.auth.models import Group; group = Group.objects.create(name={wire.username!r}); "
        f"policy.groups.add(group); {member}.add(group)"
    )
    assert answers(wire) == {200}
    decide(f"{member}.clear()")
    assert answers(wire) == {400}


def test_calls_in_a_minute_are_counted_for_all_processes_together(wire: Wire, decide):
    decide("policy.calls_per_minute = 5; policy.save()")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: wire.post(**wire.tool("announce", what="tools")).status_code, range(20)))
    assert (statuses.count(200), statuses.count(429)) == (5, 15)


def test_whoever_listens_is_told_to_look_again(wire: Wire, decide):
    with listen(wire, toolsListChanged=True) as stream:
        stream.message()
        decide("policy.enabled = False; policy.save()")
        assert stream.message()["method"] == "notifications/tools/list_changed"
