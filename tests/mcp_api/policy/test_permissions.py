"""A tool that asks for a Django permission is there for those who have it now, and for nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api import Context, prompt, resource, tool
from tests.mcp_api.conftest import Caller, error_of, result_of, verbs_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry", "guarded")]

PERMISSION = "oauth_mcp.view_client"


@pytest.fixture
def guarded(isolated_registry: None) -> None:
    @tool(permission=PERMISSION, read_only=True)
    def list_clients(context: Context) -> str:
        """Name the clients."""
        return "all of them"

    @prompt(permission=PERMISSION, complete={"name": lambda typed: ["Ada"]})
    def review(name: str) -> str:
        """Review a client."""
        return f"Review {name}."

    @resource("client://all", permission=PERMISSION)
    def everything() -> str:
        """Every client."""
        return "all of them"

    @resource("client://{name}", permission=[PERMISSION, "oauth_mcp.view_user"])
    def one(name: str) -> str:
        """One of them."""
        return name


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", {"name": "list_clients", "arguments": {}}),
    ("prompts/get", {"name": "review", "arguments": {"name": "a"}}),
    ("resources/read", {"uri": "client://all"}),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "review"}, "argument": {"name": "name", "value": ""}},
    ),
]
LISTS = [
    ("tools/list", "tools", "list_clients"),
    ("prompts/list", "prompts", "review"),
    ("resources/list", "resources", "everything"),
]


def allow(caller: Caller, *codenames: str) -> Group:
    group = Group.objects.create(name="Operators")
    group.permissions.set(Permission.objects.filter(codename__in=codenames or ["view_client"]))
    caller.person.groups.add(group)
    return group


def listed(caller: Caller, method: str, member: str) -> set[str]:
    return {each["name"] for each in result_of(caller.modern(method))[member]}


@pytest.mark.parametrize(("method", "params"), ASKED)
def test_what_is_forbidden_is_as_good_as_unknown(caller: Caller, method: str, params: dict[str, Any]) -> None:
    response = caller.modern(method, params)
    assert (response.status_code, error_of(response)["code"]) == (400, INVALID_PARAMS)
    assert "permission" not in response.content.decode()


def test_forbidden_and_unknown_tools_have_the_same_error(caller: Caller) -> None:
    forbidden, unknown = (
        error_of(caller.modern("tools/call", {"name": name, "arguments": {}})) for name in ("list_clients", "list_none")
    )
    assert forbidden == {**unknown, "message": unknown["message"].replace("list_none", "list_clients")}


@pytest.mark.parametrize(("method", "member", "name"), LISTS)
def test_lists_hold_what_the_person_may_use(caller: Caller, method: str, member: str, name: str) -> None:
    assert name not in listed(caller, method, member)
    allow(caller)
    assert name in listed(caller, method, member)


@pytest.mark.parametrize(("method", "params"), ASKED)
def test_a_permission_counts_from_the_very_next_request(caller: Caller, method: str, params: dict[str, Any]) -> None:
    group = allow(caller)
    assert caller.modern(method, params).status_code == 200
    caller.person.groups.remove(group)
    assert caller.modern(method, params).status_code == 400


def test_all_permissions_are_needed(caller: Caller) -> None:
    group = allow(caller)
    assert caller.modern("resources/read", {"uri": "client://ada"}).status_code == 400
    group.permissions.add(Permission.objects.get(codename="view_user"))
    assert caller.modern("resources/read", {"uri": "client://ada"}).status_code == 200


def test_a_permission_is_no_scope(caller: Caller) -> None:
    """Both are needed, and only for a scope is the person sent round again."""

    @tool(permission=PERMISSION, scopes=["write"])
    def delete_clients() -> None:
        """Delete the clients."""

    call = {"name": "delete_clients", "arguments": {}}
    assert caller.modern("tools/call", call).status_code == 400
    allow(caller)
    assert caller.modern("tools/call", call).status_code == 403


def test_permissions_cost_queries_only_where_one_is_asked_for(caller: Caller) -> None:
    with CaptureQueriesContext(connection) as queries:
        caller.call("get_user_info")
    assert verbs_of(queries).count("SELECT") == 1
    allow(caller)
    with CaptureQueriesContext(connection) as queries:
        caller.modern("tools/list")
    assert verbs_of(queries).count("SELECT") == 3
