"""Toolsets for machines, on devices, among a person's apps, and without a client."""

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Event, ProtectedResource
from mcp_api import Context, tool
from mcp_api.checks.toolsets import check_toolsets
from mcp_api.models import Toolset
from mcp_api.testing import McpClient
from mcp_api.testing.client import McpClientError
from mcp_api.toolsets.declarations import toolset
from tests.mcp_api.conftest import misdeclared
from tests.mcp_api.toolsets.conftest import OWN, caller_at
from tests.support.factories import make_user
from tests.support.flows import App, ask, post_token, sign_in
from tests.support.oauth.exchanges import LEDGER, allow, exchange
from tests.support.oauth.machines import GRANT, make_machine
from tests.support.oauth.protected_resources import make_resource

BILLING = f"{OWN}/billing"


def test_a_machine_has_tokens_for_each_toolset(billing: Toolset) -> None:
    machine = make_machine()
    granted = post_token({"grant_type": GRANT, "resource": BILLING, **machine.credentials})
    assert granted.status_code == 200, granted.content
    assert AccessToken.objects.get().resource == [BILLING]
    refused = post_token({"grant_type": GRANT, "resource": f"{OWN}/nope", **machine.credentials})
    assert refused.json()["error"] == "invalid_target"


def test_the_page_of_a_persons_apps_names_the_toolset(billing: Toolset) -> None:
    browser = sign_in()
    App.by_hand().connect(browser, resource=BILLING)
    assert "Billing: Read your information" in browser.get("/apps").text


def test_a_person_disconnects_an_app_from_the_toolset(billing: Toolset) -> None:
    browser, app = sign_in(), App.by_hand()
    app.connect(browser, resource=BILLING)
    browser.post("/apps", {"client": app.row.pk})
    assert not Authorization.objects.live().exists()


def test_a_revoked_token_is_refused_at_the_toolset(billing: Toolset) -> None:
    app = App.by_hand()
    token = app.connect(resource=BILLING)["access_token"]
    app.revoke(token)
    headers = {"Authorization": f"Bearer {token}"}
    response = Browser().post("/mcp/billing", "{}", content_type="application/json", headers=headers)
    assert response.status_code == 401


def test_no_other_server_can_have_the_address_of_a_toolset(db: None) -> None:
    with pytest.raises(ValidationError, match="address of this server"):
        ProtectedResource(identifier=BILLING, name="Billing").full_clean()


def test_the_client_for_tests_connects_to_a_toolset(billing: Toolset) -> None:
    client = McpClient(make_user(), toolset="billing")
    assert set(client.tools()) == {"invoice_total"}
    assert client.call("invoice_total").data == 7
    with pytest.raises(McpClientError):
        client.call("loan_end")


def command(*args: str) -> str:
    out = io.StringIO()
    call_command("mcp", *args, stdout=out)
    return out.getvalue()


def test_the_command_takes_a_toolset(billing: Toolset) -> None:
    make_user("ada")
    for who in ([], ["--user", "ada"]):
        listed = command("tools", "--toolset", "billing", *who)
        assert "invoice_total" in listed
        assert "loan_end" not in listed
    assert '"result": 7' in command("call", "invoice_total", "--toolset", "billing", "--user", "ada")
    with pytest.raises(CommandError, match="Unknown tool"):
        command("call", "loan_end", "--toolset", "billing", "--user", "ada")
    with pytest.raises(CommandError, match=r"There is no toolset .nope. that is switched on\. There are billing\."):
        command("tools", "--toolset", "nope")


def test_the_page_of_tools_has_a_choice_of_toolsets(billing: Toolset, settings: Any) -> None:
    settings.DEBUG = True
    browser = sign_in()
    assert "loan_end" in browser.get("/tools/").text
    page = browser.get("/tools/?toolset=billing").text
    assert "invoice_total" in page
    assert "loan_end" not in page
    assert browser.get("/tools/loan_end").status_code == 404
    assert "--toolset billing" in browser.post("/tools/invoice_total", {}).text
    assert "loan_end" in browser.get("/tools/?toolset=").text


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("A b", {"include": "x"}, "no name of a toolset"),
        (7, {"include": "x"}, "no name of a toolset"),
        ("empty", {}, "has no tools"),
        ("odd", {"include": "x", "scopes": "nope"}, "not known"),
        ("odd", {"include": "x", "title": 101 * "a"}, "too long"),
        ("odd", {"include": "x", "instructions": 7}, "no text"),
    ],
)
def test_a_wrong_declaration_is_reported(name: Any, options: dict[str, Any], match: str) -> None:
    with misdeclared("mcp_api.E037", match):
        toolset(name, **options)


def test_a_name_is_declared_once() -> None:
    toolset("once", include="invoice_*")
    with misdeclared("mcp_api.E037", "Two toolsets"):
        toolset("once", include="invoice_*")


def test_what_selects_nothing_is_reported() -> None:
    toolset("typo", apps=["acounts"], include=["invoice_*", "invioce_*"])
    assert [each.msg for each in check_toolsets()] == [
        "The toolset typo: the app 'acounts' declares no tool, resource, prompt or skill.",
        "The toolset typo: nothing has a name like 'invioce_*'.",
    ]


def test_the_consent_page_names_the_servers_that_tools_of_the_set_may_use(billing: Toolset) -> None:
    allow(make_resource(OWN, "This server"), make_resource(LEDGER, "Ledger"), scope="read")
    page = ask(sign_in(), App.by_hand(), resource=BILLING, scope="read").text
    assert "may use <b><bdi>Ledger</bdi></b>" in page


@pytest.mark.parametrize("public_url", [OWN.removesuffix("/mcp"), ""])
def test_a_tool_exchanges_its_token_at_a_toolset(billing: Toolset, settings: Any, public_url: str) -> None:
    settings.PUBLIC_URL = public_url
    allow(make_resource(OWN, "This server"), make_resource(LEDGER, "Ledger"))

    @tool(read_only=True)
    def invoice_trade(context: Context) -> str:
        """Exchange the token."""
        return context.exchange_token(LEDGER, "")

    caller = caller_at("billing")
    caller.http = Browser(headers={"Host": "localhost"})
    assert not caller.call("invoice_trade").get("isError")
    exchanged = AccessToken.objects.exclude(pk=caller.token.pk).get()
    assert (exchanged.resource, exchanged.authorization.actors) == ([LEDGER], OWN)


@pytest.mark.parametrize("asked", [BILLING, f"{BILLING}/"])
def test_no_token_is_exchanged_for_one_of_a_toolset(billing: Toolset, asked: str) -> None:
    own = make_resource(OWN, "This server")
    allow(own, make_resource(LEDGER, "Ledger"))
    caller = caller_at("")
    refused = exchange(own, caller.raw, resource=asked)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert "toolset" in refused.json()["error_description"]
    assert Event.objects.latest("pk").reason == "exchange_refused"

    @tool(read_only=True)
    def trade(context: Context) -> str:
        """Exchange the token."""
        return context.exchange_token(asked, "")

    assert "toolset" in caller.call("trade")["content"][0]["text"]
    assert AccessToken.objects.count() == 1


def test_introspection_names_the_toolset_as_the_audience(billing: Toolset) -> None:
    gateway, other = make_resource(OWN, "Gateway"), make_resource(LEDGER, "Ledger")
    token, first = caller_at("billing").raw, caller_at("").raw
    assert gateway.introspect(token).json()["aud"] == BILLING
    assert gateway.introspect(first).json()["aud"] == OWN
    assert not other.is_told(token)
    billing.enabled = False
    billing.save()
    assert not gateway.is_told(token)
