"""The policy for a tool, resource or prompt is in force from the very next request on."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.models import Event
from mcp_api import Context, prompt, resource, tool
from mcp_api.models import Mail, Policy, Toolset
from mcp_api.pubsub import broker, notifications
from tests.mcp_api.conftest import Caller, error_of, result_of, verbs_of
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry", "something")]


@pytest.fixture
def something(isolated_registry: None) -> None:
    @tool(read_only=True)
    def look(context: Context) -> str:
        """Look."""
        return "seen"

    @resource("note://tea")
    def tea() -> str:
        """About tea."""
        return "Hot."

    @prompt
    def greet() -> str:
        """Greet."""
        return "Hello."


# A skill that comes with the server.
SKILL = "using-this-server"
ASKED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("tool", "look", "tools/call", {"name": "look", "arguments": {}}, "tools/list"),
    ("resource", "note://tea", "resources/read", {"uri": "note://tea"}, "resources/list"),
    ("prompt", "greet", "prompts/get", {"name": "greet"}, "prompts/list"),
    ("skill", SKILL, "resources/read", {"uri": f"skill://{SKILL}/SKILL.md"}, "resources/list"),
    ("skill", SKILL, "resources/read", {"uri": f"skill://{SKILL}/references/errors.md"}, "resources/templates/list"),
    ("skill", SKILL, "skills/get", {"uri": f"skill://{SKILL}/SKILL.md"}, "skills/list"),
    ("skill", SKILL, "resources/directory/read", {"uri": f"skill://{SKILL}"}, "skills/list"),
]
of_each_kind = pytest.mark.parametrize(("kind", "name", "method", "params", "listing"), ASKED)


def status(caller: Caller, method: str, params: dict[str, Any]) -> int:
    return int(caller.modern(method, params).status_code)


@of_each_kind
def test_what_is_disabled_is_as_good_as_unknown(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    policy = Policy.objects.create(kind=kind, name=name)
    assert status(caller, method, params) == 200
    policy.enabled = False
    policy.save()
    response = caller.modern(method, params)
    assert (response.status_code, error_of(response)["code"]) == (400, INVALID_PARAMS)
    assert name not in str(result_of(caller.modern(listing)))
    policy.delete()
    assert status(caller, method, params) == 200


@of_each_kind
def test_groups_decide_by_who_is_in_them_now(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    group = Group.objects.create(name="Staff")
    Policy.objects.create(kind=kind, name=name).groups.add(group)
    assert status(caller, method, params) == 400
    caller.person.groups.add(group)
    assert status(caller, method, params) == 200
    assert name in str(result_of(caller.modern(listing)))
    caller.person.groups.remove(group)
    assert status(caller, method, params) == 400


@of_each_kind
def test_a_client_is_kept_out_and_others_are_not(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    policy = Policy.objects.create(kind=kind, name=name)
    policy.clients.add(make_client(name="Another"))
    assert status(caller, method, params) == 200
    policy.clients.add(caller.client)
    assert status(caller, method, params) == 400
    policy.clients.remove(caller.client)
    assert status(caller, method, params) == 200


@of_each_kind
def test_scopes_take_the_place_of_the_authors(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    Policy.objects.create(kind=kind, name=name, scopes="write")
    response = caller.modern(method, params)
    assert response.status_code == 403
    assert 'scope="write"' in response["WWW-Authenticate"]


@of_each_kind
def test_scope_that_nobody_could_grant_is_asked_of_nobody(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    Policy.objects.create(kind=kind, name=name, scopes="read of-an-app-that-is-gone")
    response = caller.modern(method, params)
    assert (response.status_code, error_of(response)["code"]) == (400, INVALID_PARAMS)
    assert name not in str(result_of(caller.modern(listing)))


@of_each_kind
def test_calls_of_each_kind_can_be_limited(
    caller: Caller, kind: str, name: str, method: str, params: dict[str, Any], listing: str
) -> None:
    Policy.objects.create(kind=kind, name=name, calls_per_minute=1)
    assert [status(caller, method, params) for _ in range(2)] == [200, 429]


def test_group_that_is_deleted_opens_nothing_to_everybody(caller: Caller) -> None:
    group, other = Group.objects.create(name="Staff"), Group.objects.create(name="Board")
    alone = Policy.objects.create(kind="tool", name="look")
    alone.groups.add(group)
    both = Policy.objects.create(kind="prompt", name="greet")
    both.groups.set([group, other])
    group.delete()
    assert status(caller, "tools/call", {"name": "look", "arguments": {}}) == 400
    assert status(caller, "prompts/get", {"name": "greet"}) == 400
    alone.refresh_from_db()
    both.refresh_from_db()
    assert (alone.enabled, both.enabled) == (False, True)


def test_groups_that_are_deleted_together_open_nothing_to_everybody(caller: Caller) -> None:
    policy = Policy.objects.create(kind="tool", name="look")
    toolset = Toolset.objects.create(name="look", include="look")
    for restricted in (policy, toolset):
        restricted.groups.set(Group.objects.create(name=f"{restricted} {number}") for number in range(2))
    Group.objects.all().delete()
    policy.refresh_from_db()
    toolset.refresh_from_db()
    assert (policy.enabled, toolset.enabled) == (False, False)
    assert status(caller, "tools/call", {"name": "look", "arguments": {}}) == 400


def test_calls_beyond_the_limit_are_refused_until_a_little_later(caller: Caller, monkeypatch: Any) -> None:
    now = time.time_ns()
    monkeypatch.setattr("time.time_ns", lambda: now)
    Policy.objects.create(kind="tool", name="look", calls_per_minute=3)
    call = {"name": "look", "arguments": {}}
    assert [status(caller, "tools/call", call) for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = caller.modern("tools/call", call)
    assert refused["Retry-After"] == "20"
    assert error_of(refused)["message"] == "Too many calls. Try again in 20 s."
    assert Event.objects.latest("pk").reason == "too_many_calls"
    assert caller.legacy("tools/call", call).status_code == 429
    now += 20_000_000_000
    assert [status(caller, "tools/call", call) for _ in range(2)] == [200, 429]
    # Everything else, and everybody else, is not concerned.
    assert status(caller, "resources/read", {"uri": "note://tea"}) == 200
    another, _, raw = make_tokens(make_authorization(make_user(), caller.client))
    assert status(Caller(another, raw), "tools/call", call) == 200


def test_call_that_fails_counts_too(caller: Caller) -> None:
    @tool(scopes=["read"])
    def fail() -> None:
        """Fail."""
        raise ValueError

    Policy.objects.create(kind="tool", name="fail", calls_per_minute=1)
    call = {"name": "fail", "arguments": {}}
    assert [status(caller, "tools/call", call) for _ in range(2)] == [200, 429]


def test_listeners_are_notified(caller: Caller) -> None:
    policy = Policy.objects.create(kind="tool", name="look")
    Mail.objects.all().delete()
    policy.groups.add(Group.objects.create(name="Staff"))
    assert told() == {"notifications/tools/list_changed"}
    Mail.objects.all().delete()
    caller.person.groups.add(Group.objects.get(name="Staff"))
    assert "notifications/tools/list_changed" in told()


def told() -> set[str]:
    return {body["method"] for _, body in broker.kept(notifications.TOPIC)}


def test_listeners_are_notified_when_a_group_is_deleted(caller: Caller) -> None:
    groups = [Group.objects.create(name=name) for name in ("Staff", "Board")]
    Policy.objects.create(kind="tool", name="look").groups.set(groups)
    Mail.objects.all().delete()
    groups[0].delete()
    assert "notifications/tools/list_changed" in told()


def test_listeners_are_notified_when_a_required_permission_changes(caller: Caller) -> None:
    view, group = Permission.objects.get(codename="view_book"), Group.objects.create(name="Readers")
    caller.person.user_permissions.add(view)
    assert told() == set()

    @tool(permission="library.view_book")
    def find() -> None:
        """Find."""

    caller.person.user_permissions.clear()
    assert "notifications/tools/list_changed" in told()
    Mail.objects.all().delete()
    group.permissions.add(view)
    assert "notifications/tools/list_changed" in told()


def test_rules_cost_nothing_until_they_change_and_groups_one_query(caller: Caller) -> None:
    policy = Policy.objects.create(kind="tool", name="look")
    call = {"name": "look", "arguments": {}}
    caller.modern("tools/call", call)
    with CaptureQueriesContext(connection) as queries:
        caller.modern("tools/call", call)
    assert verbs_of(queries).count("SELECT") == 1
    group = Group.objects.create(name="Staff")
    caller.person.groups.add(group)
    policy.groups.add(group)
    caller.modern("tools/call", call)
    with CaptureQueriesContext(connection) as queries:
        caller.modern("tools/call", call)
    assert verbs_of(queries).count("SELECT") == 2
