"""Audience: a token is for one endpoint, and sessions, tasks and states belong to it (RFC 8707, RFC 9728)."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Event
from mcp_api import tool
from mcp_api.models import Task, Toolset
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.messages import CAPABILITIES_KEY, initialize, meta
from tests.mcp_api.toolsets.conftest import OWN, caller_at
from tests.support.flows import App, approve, ask, parameters_in, sign_in

METADATA = "http://localhost/.well-known/oauth-protected-resource/mcp"


@pytest.mark.parametrize(("at", "for_"), [("", "billing"), ("billing", ""), ("lending", "billing")])
def test_a_token_for_another_endpoint_is_refused(billing: Toolset, lending: Toolset, at: str, for_: str) -> None:
    caller = caller_at(for_)
    caller.url = f"/mcp/{at}".rstrip("/")
    response = caller.modern("tools/list")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert f'resource_metadata="{METADATA}{f"/{at}" if at else ""}"' in response["WWW-Authenticate"]
    assert Event.objects.latest("pk").reason == "foreign_token"


def test_a_request_without_a_token_is_told_the_metadata_of_its_endpoint(billing: Toolset) -> None:
    response = Browser().post("/mcp/billing", "{}", content_type="application/json")
    assert response.status_code == 401
    assert f'resource_metadata="{METADATA}/billing"' in response["WWW-Authenticate"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_metadata_names_the_endpoint_and_its_scopes(lending: Toolset, slash: str) -> None:
    document = Browser().get(f"/.well-known/oauth-protected-resource/mcp/lending{slash}").json()
    assert document["resource"] == f"{OWN}/lending"
    assert document["resource_name"] == "Lending"
    assert document["scopes_supported"] == ["read", "write"]
    assert document["authorization_servers"] == ["http://localhost"]


def test_the_offered_scopes_are_those_of_the_operator(lending: Toolset) -> None:
    lending.scopes = "write"
    lending.save()
    document = Browser().get("/.well-known/oauth-protected-resource/mcp/lending").json()
    assert document["scopes_supported"] == ["write"]


def test_a_set_that_is_off_has_no_metadata(lending: Toolset) -> None:
    server = Browser().get("/.well-known/oauth-authorization-server").json()
    assert server["protected_resources"] == [OWN, f"{OWN}/lending"]
    lending.enabled = False
    lending.save()
    assert Browser().get("/.well-known/oauth-protected-resource/mcp/lending").status_code == 404
    assert Browser().get("/.well-known/oauth-protected-resource/mcp/nope").status_code == 404
    assert Browser().get("/.well-known/oauth-authorization-server").json()["protected_resources"] == [OWN]


# --- Sign-in -------------------------------------------------------------------------------------


@pytest.fixture
def app(db: None) -> App:
    return App.by_hand()


def test_resource_picks_the_endpoint_at_authorize_and_at_token(billing: Toolset, app: App) -> None:
    tokens = app.connect(resource=f"{OWN}/billing")
    row = AccessToken.objects.get()
    assert (row.resource, row.authorization.resource) == ([f"{OWN}/billing"], f"{OWN}/billing")
    assert Caller(row, tokens["access_token"], "/mcp/billing").modern("tools/list").status_code == 200
    assert Caller(row, tokens["access_token"]).modern("tools/list").status_code == 401


def test_events_of_a_sign_in_name_the_endpoint(billing: Toolset, app: App, admin_client: Browser) -> None:
    tokens = app.connect(resource=f"{OWN}/billing")
    app.refresh(tokens["refresh_token"])
    steps = Event.objects.filter(kind__in=("authorization", "token")).order_by("pk")
    assert list(steps.values_list("action", "endpoint")) == [
        ("requested", "billing"),
        ("approved", "billing"),
        ("authorization_code", "billing"),
        ("refresh_token", "billing"),
    ]
    listed = admin_client.get("/admin/oauth_mcp/event/").content.decode()
    assert "token request: refresh_token at billing" in listed
    app.connect()
    assert Event.objects.latest("pk").endpoint == ""


def test_a_code_for_one_endpoint_is_not_redeemed_for_another(billing: Toolset, lending: Toolset, app: App) -> None:
    code = approve(sign_in(), app, resource=f"{OWN}/billing")
    for resource in (OWN, f"{OWN}/lending"):
        assert app.exchange(code, resource=resource).json()["error"] == "invalid_target"
    assert app.exchange(code, resource=f"{OWN}/billing").status_code == 200


@pytest.mark.parametrize("name", ["nope", "Billing", "billing/x", "billing?x", "billing%2f"])
def test_an_unknown_endpoint_is_an_invalid_target(billing: Toolset, app: App, name: str) -> None:
    sent = parameters_in(ask(sign_in(), app, resource=f"{OWN}/{name}")["Location"])
    assert sent["error"] == "invalid_target"


def test_two_endpoints_at_once_are_an_invalid_target(billing: Toolset, app: App) -> None:
    sent = parameters_in(ask(sign_in(), app, resource=[OWN, f"{OWN}/billing"])["Location"])
    assert sent["error"] == "invalid_target"


def test_a_set_that_is_switched_off_ends_refreshes(billing: Toolset, app: App) -> None:
    tokens = app.connect(resource=f"{OWN}/billing")
    billing.enabled = False
    billing.save()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert parameters_in(ask(sign_in(), app, resource=f"{OWN}/billing")["Location"])["error"] == "invalid_target"


def test_a_consent_is_remembered_for_each_endpoint_alone(billing: Toolset, lending: Toolset) -> None:
    app, browser = App.by_hand(redirect_uris="https://app.example.com/callback"), sign_in()
    approve(browser, app, resource=f"{OWN}/billing")
    assert ask(browser, app, resource=f"{OWN}/billing").status_code == 302
    for resource in (OWN, f"{OWN}/lending"):
        assert ask(browser, app, resource=resource).status_code == 200


def test_the_consent_page_names_the_set_and_shows_only_its_tools(billing: Toolset, app: App) -> None:
    page = ask(sign_in(), app, resource=f"{OWN}/billing", scope="read write").text
    assert "<bdi>Billing</bdi>" in page
    assert "Invoice total" in page
    assert "Loan end" not in page
    assert "Echo" not in page
    # No tool of the set needs it.
    assert 'value="write"' not in page


def test_a_set_that_is_deleted_revokes_what_was_granted_for_it(billing: Toolset, app: App) -> None:
    app.connect(resource=f"{OWN}/billing")
    app.connect()
    billing.delete()
    live = Authorization.objects.live()
    assert [each.resource for each in live] == [""]
    Toolset.objects.create(name="billing", include="*")
    assert Authorization.objects.live().count() == 1


# --- What belongs to an endpoint -----------------------------------------------------------------


def test_a_session_belongs_to_its_endpoint(at_billing: Caller, at_lending: Caller) -> None:
    session = at_billing.send(initialize("2025-11-25"))["Mcp-Session-Id"]
    headers = {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert at_billing.send(ping, headers).status_code == 200
    assert at_lending.send(ping, headers).status_code == 404
    assert caller_at("", like=at_billing).send(ping, headers).status_code == 404
    assert at_lending.http.delete("/mcp/lending", headers=at_lending.authorized(headers)).status_code == 404
    assert at_billing.send(ping, headers).status_code == 200


def test_a_state_of_a_question_belongs_to_its_endpoint(at_billing: Caller, at_lending: Caller) -> None:
    from mcp_api import Context, questions  # noqa: F401

    @tool(read_only=True)
    def invoice_loan_ask(context: Context) -> str:
        """Ask."""
        return "yes" if context.confirm("Really?") else "no"

    Toolset.objects.filter(name="lending").update(include="*")
    Toolset.objects.get(name="lending").save()
    params = {"_meta": {**meta(), CAPABILITIES_KEY: {"elicitation": {"form": {}}}}, "name": "invoice_loan_ask"}
    asked = result_of(at_billing.modern("tools/call", params))
    answers = {key: {"action": "decline"} for key in asked["inputRequests"]}
    again = {**params, "requestState": asked["requestState"], "inputResponses": answers}
    assert "another request" in error_of(at_lending.modern("tools/call", again))["message"]
    assert result_of(at_billing.modern("tools/call", again))["content"][0]["text"] == "no"


def test_a_task_belongs_to_its_endpoint(at_billing: Caller, at_lending: Caller) -> None:
    @tool(read_only=True, task="required", task_after=0)
    def invoice_slow() -> str:
        """Take long."""
        return "done"

    declared = {**meta(), CAPABILITIES_KEY: {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
    created = result_of(at_billing.modern("tools/call", {"_meta": declared, "name": "invoice_slow"}))
    task = Task.objects.get()
    assert (str(task.pk), task.endpoint) == (created["taskId"], "billing")

    def state(caller: Caller) -> Any:
        return caller.send(*_about(task, declared))

    assert state(at_billing).status_code == 200
    assert "There is no such task" in json.loads(state(at_lending).content)["error"]["message"]
    assert "There is no such task" in json.loads(state(caller_at("", like=at_billing)).content)["error"]["message"]


def _about(task: Task, declared: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    from tests.mcp_api.messages import modern

    body, headers = modern("tasks/get", {"_meta": declared, "taskId": str(task.pk)})
    return body, {**headers, "Mcp-Name": str(task.pk)}
