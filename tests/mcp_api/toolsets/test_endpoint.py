"""The endpoint of a toolset: what it lists and runs, in both eras."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.models import Event
from mcp_api.models import Policy, Toolset
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.messages import SERVER_INFO_KEY, initialize, modern
from tests.mcp_api.toolsets.conftest import caller_at

LISTS = {
    "tools/list": ("tools", "name", {"invoice_total"}),
    "prompts/list": ("prompts", "name", {"invoice_letter"}),
    "resources/list": ("resources", "uri", set()),
    "resources/templates/list": ("resourceTemplates", "uriTemplate", {"invoice://{number}"}),
    "skills/list": ("skills", "uri", set()),
}


def names(caller: Caller, method: str = "tools/list", *, legacy: bool = False) -> set[str]:
    member, key, _ = LISTS[method]
    answer = result_of(caller.legacy(method) if legacy else caller.modern(method))
    return {each[key] for each in answer[member]}


@pytest.mark.parametrize("method", LISTS)
def test_each_list_has_only_what_belongs_to_the_set(at_billing: Caller, method: str) -> None:
    assert names(at_billing, method) == LISTS[method][2]


@pytest.mark.parametrize("method", [method for method in LISTS if method != "skills/list"])
def test_legacy_lists_have_only_what_belongs_to_the_set(at_billing: Caller, method: str) -> None:
    assert names(at_billing, method, legacy=True) == LISTS[method][2]


def test_the_first_endpoint_still_has_all_tools(at_billing: Caller) -> None:
    assert {"invoice_total", "loan_end", "echo"} <= names(caller_at("", like=at_billing))


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "loan_end", "arguments": {}}),
        ("prompts/get", {"name": "loan_letter"}),
        ("resources/read", {"uri": "loan://all"}),
        ("skills/get", {"uri": "skill://using-this-server/SKILL.md"}),
        (
            "completion/complete",
            {"ref": {"type": "ref/prompt", "name": "loan_letter"}, "argument": {"name": "x", "value": ""}},
        ),
    ],
)
def test_what_is_outside_the_set_is_unknown(at_billing: Caller, method: str, params: dict[str, Any]) -> None:
    known, unknown = at_billing.modern(method, params), at_billing.modern(method, _renamed(params))
    assert error_of(known)["code"] == error_of(unknown)["code"] == INVALID_PARAMS
    assert error_of(known)["message"].replace("loan", "nope") == error_of(unknown)["message"].replace("loan", "nope")


def _renamed(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value.replace("loan", "nope") if isinstance(value, str) else value for key, value in params.items()}


def test_what_is_in_the_set_runs(at_billing: Caller) -> None:
    assert at_billing.call("invoice_total")["structuredContent"] == {"result": 7}
    read = result_of(at_billing.modern("resources/read", {"uri": "invoice://3"}))
    assert read["contents"][0]["text"] == "invoice 3"
    assert at_billing.legacy("prompts/get", {"name": "invoice_letter"}).status_code == 200


def test_each_set_has_its_own_title_and_instructions(at_billing: Caller) -> None:
    session = result_of(at_billing.send(initialize("2025-11-25")))
    assert (session["serverInfo"]["title"], session["instructions"]) == ("Billing", "About invoices.")
    discovered = result_of(at_billing.modern("server/discover"))
    assert discovered["_meta"][SERVER_INFO_KEY]["title"] == "Billing"
    assert discovered["instructions"] == "About invoices."
    assert result_of(at_billing.modern("tools/list"))["_meta"][SERVER_INFO_KEY]["title"] == "Billing"


def test_a_set_of_chosen_tools_and_of_an_apps_tools(db: None) -> None:
    chosen = Policy.objects.create(kind="tool", name="loan_end")
    Toolset.objects.create(name="mixed", apps="mcp_api").picked.add(chosen)
    assert names(caller_at("mixed")) == {"echo", "get_time", "get_user_info", "loan_end"}


def test_a_set_without_a_choice_is_empty(db: None) -> None:
    Toolset.objects.create(name="nothing")
    assert names(caller_at("nothing")) == set()


def test_the_policy_still_holds(at_billing: Caller) -> None:
    Policy.objects.create(kind="tool", name="invoice_total", enabled=False)
    assert names(at_billing) == set()


def test_only_members_of_its_groups_see_its_tools(at_billing: Caller, billing: Toolset) -> None:
    staff = Group.objects.create(name="Staff")
    billing.groups.add(staff)
    assert names(at_billing) == set()
    assert error_of(at_billing.modern("tools/call", {"name": "invoice_total"}))["code"] == INVALID_PARAMS
    at_billing.person.groups.add(staff)
    assert names(at_billing) == {"invoice_total"}


def test_a_group_that_is_deleted_opens_no_set_to_all_people(at_billing: Caller, billing: Toolset) -> None:
    staff = Group.objects.create(name="Staff")
    billing.groups.add(staff)
    staff.delete()
    assert at_billing.modern("tools/list").status_code == 404


def test_a_tool_that_needs_a_scope_that_is_not_offered_is_unknown(lending: Toolset) -> None:
    lending.scopes = "read"
    lending.save()
    caller = caller_at("lending", scope="read")
    assert names(caller) == set()
    assert error_of(caller.modern("tools/call", {"name": "loan_end"}))["code"] == INVALID_PARAMS


def test_a_change_holds_from_the_next_request_on(at_billing: Caller, billing: Toolset) -> None:
    billing.include = "loan_*"
    billing.save()
    assert names(at_billing) == {"loan_end"}


@pytest.mark.parametrize("authorized", [True, False])
@pytest.mark.parametrize("path", ["/mcp/billing", "/mcp/billing/"])
def test_a_set_that_is_off_is_not_found(at_billing: Caller, billing: Toolset, path: str, authorized: bool) -> None:
    billing.enabled = False
    billing.save()
    at_billing.raw = at_billing.raw if authorized else ""
    at_billing.url = path
    response = at_billing.modern("tools/list")
    assert (response.status_code, response.json()["error"]) == (404, "not_found")
    assert "WWW-Authenticate" not in response
    assert Event.objects.latest("pk").reason == "unknown_endpoint"


@pytest.mark.parametrize("path", ["/mcp/nope", "/mcp/Billing", "/mcp/billing/x", "/mcp/-", "/mcp/" + 60 * "a"])
def test_an_unknown_name_is_not_found(at_billing: Caller, path: str) -> None:
    at_billing.url = path
    assert at_billing.modern("tools/list").status_code == 404
    at_billing.raw = ""
    assert at_billing.modern("tools/list").status_code == 404


def test_a_declared_set_needs_no_row_and_can_be_switched_off(db: None) -> None:
    from mcp_api import toolset

    toolset("loans", title="Loans", include=["loan_*"])
    caller = caller_at("loans")
    assert names(caller) == {"loan_end"}
    row = Toolset.objects.create(name="loans", enabled=False)
    assert caller.modern("tools/list").status_code == 404
    row.enabled, row.title = True, "All loans"
    row.save()
    assert names(caller) == {"loan_end"}
    assert result_of(caller.modern("server/discover"))["_meta"][SERVER_INFO_KEY]["title"] == "All loans"


@pytest.mark.parametrize("origin", ["http://localhost", "https://elsewhere.example.com"])
def test_web_pages_of_other_origins_are_refused_as_at_the_first_endpoint(at_billing: Caller, origin: str) -> None:
    body, headers = modern("tools/list")
    other = caller_at("", like=at_billing)
    answers = [each.send(body, {**headers, "Origin": origin}) for each in (at_billing, other)]
    assert answers[0].status_code == (200 if origin == "http://localhost" else 403)
    allowed = [each.get("Access-Control-Allow-Origin") for each in answers]
    assert allowed[0] == allowed[1]
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    first, second = (at_billing.http.options(url, headers=preflight) for url in ("/mcp/billing", "/mcp"))
    names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers")
    assert [first.status_code, *map(first.get, names)] == [second.status_code, *map(second.get, names)]
