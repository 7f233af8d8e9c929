"""The resource that a request names: its tokens, its consent, and its end."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Grant, ProtectedResource, RefreshToken
from accounts.protected_resources.ending import switch_off
from tests.support.flows import RESOURCE, App, approve, ask, link_target, parameters_in
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db


def test_code_and_tokens_are_for_the_resource_that_the_request_names(tokens: dict[str, str]) -> None:
    for model in (Grant, AccessToken, RefreshToken):
        assert model.objects.get().resource == [BILLING]


def test_a_refresh_keeps_the_resource(billing: Asker, app: App, tokens: dict[str, str]) -> None:
    refreshed = app.refresh(tokens["refresh_token"])
    assert billing.is_told(refreshed.json()["access_token"])


def test_a_token_for_another_resource_is_refused_at_mcp(tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Browser().post("/mcp", "{}", content_type="application/json", headers=headers).status_code == 401


@pytest.mark.parametrize("requested", [RESOURCE, "https://payroll.example.com/mcp"])
def test_a_code_is_redeemed_for_its_own_resource_alone(
    billing: Asker, app: App, browser: Browser, requested: str
) -> None:
    make_resource("https://payroll.example.com/mcp", "Payroll")
    code = approve(browser, app, resource=BILLING)
    response = app.exchange(code, resource=requested)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_target")
    assert app.exchange(code, resource=BILLING).status_code == 200


def test_a_code_for_mcp_cannot_be_redeemed_for_another_resource(billing: Asker, app: App, browser: Browser) -> None:
    assert app.exchange(approve(browser, app), resource=BILLING).json()["error"] == "invalid_target"


@pytest.mark.parametrize("requested", [[RESOURCE, BILLING], "https://elsewhere.example.com/mcp"])
def test_several_and_unknown_resources_are_refused(
    billing: Asker, app: App, browser: Browser, requested: str | list[str]
) -> None:
    sent = parameters_in(link_target(ask(browser, app, resource=requested)))
    assert sent["error"] == "invalid_target"
    assert not Authorization.objects.exists()


def test_the_consent_page_names_the_resource(billing: Asker, app: App, browser: Browser) -> None:
    page = ask(browser, app, resource=BILLING).text
    assert '<bdi>Billing server</bdi> <span class="at">(<bdi>billing.example.com</bdi>)</span>' in page
    assert BILLING in page


def test_a_consent_is_remembered_for_its_own_resource_alone(billing: Asker, browser: Browser) -> None:
    app = App.by_hand(redirect_uris="https://app.example.com/callback")
    approve(browser, app, scope="read")
    assert ask(browser, app, scope="read").status_code == 302
    assert ask(browser, app, scope="read", resource=BILLING).status_code == 200


def test_scopes_are_narrowed_to_those_of_the_resource(app: App, browser: Browser) -> None:
    make_resource(scope="read")
    assert app.connect(browser, resource=BILLING, scope="read write")["scope"] == "read"


def test_codes_and_refresh_tokens_end_with_the_resource(billing: Asker, app: App, browser: Browser) -> None:
    tokens, code = app.connect(browser, resource=BILLING), approve(browser, app, resource=BILLING)
    ProtectedResource.objects.update(is_active=False)
    for response in (app.refresh(tokens["refresh_token"]), app.exchange(code)):
        assert response.json()["error"] == "invalid_grant"
    switch_off(billing.row)
    ProtectedResource.objects.update(is_active=True)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_tokens_of_a_deleted_resource_never_become_tokens_for_mcp(
    billing: Asker, app: App, tokens: dict[str, str]
) -> None:
    billing.row.delete()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_metadata_lists_active_resources(billing: Asker) -> None:
    make_resource("https://off.example.com", "Off", is_active=False)
    document = Browser().get("/.well-known/oauth-authorization-server").json()
    assert document["protected_resources"] == [RESOURCE, BILLING]
    assert document["introspection_endpoint"] == "http://localhost/oauth/introspect"


@pytest.mark.parametrize(
    "identifier",
    ["http://billing.example.com", "https://a.example/#b", "https://a.example/?b", "urn:a", "", "https://", "a\x00"],
)
def test_identifiers_that_no_client_can_name_are_refused(identifier: str) -> None:
    with pytest.raises(ValidationError):
        ProtectedResource(identifier=identifier, name="Billing").full_clean()


def test_an_address_is_accepted_once(billing: Asker) -> None:
    with pytest.raises(ValidationError):
        ProtectedResource(identifier="https://BILLING.example.com/mcp/", name="Copy").full_clean()
