"""Scopes of a protected resource that this server's apps do not declare."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser

from accounts.models import Authorization, ProtectedResource
from accounts.protected_resources.metadata import document_of
from tests.support.flows import App, answer, ask
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db

OWN = "invoices.read Read your invoices\n\n  invoices:pay   Pay invoices on your behalf \n"


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource(own_scopes=OWN)


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("invoices.read", "invoices.read"),
        ("invoices:pay invoices.read", "invoices:pay invoices.read"),
        ("invoices.read offline_access read write unknown", "invoices.read offline_access"),
        (None, "invoices.read invoices:pay"),
        ("unknown", "invoices.read invoices:pay"),
        ("offline_access", "invoices.read invoices:pay offline_access"),
    ],
)
def test_a_client_gets_those_that_it_requests(
    billing: Asker, app: App, browser: Browser, requested: str | None, granted: str
) -> None:
    tokens = app.connect(browser, resource=BILLING, scope=requested)
    assert tokens["scope"] == granted
    assert billing.introspect(tokens["access_token"]).json()["scope"] == granted
    assert app.refresh(tokens["refresh_token"]).json()["scope"] == granted


def test_the_consent_page_describes_those_of_the_resource_alone(billing: Asker, app: App, browser: Browser) -> None:
    page = ask(browser, app, resource=BILLING).text
    assert "<bdi>Read your invoices</bdi> <code>invoices.read</code>" in page
    assert "<bdi>Pay invoices on your behalf</bdi> <code>invoices:pay</code>" in page
    assert "<code>read</code>" not in page


def test_a_person_grants_one_of_them(billing: Asker, app: App, browser: Browser) -> None:
    page = ask(browser, app, resource=BILLING)
    answer(browser, page, scope="invoices.read")
    assert Authorization.objects.get().scope == "invoices.read"


def test_a_description_that_changed_is_shown_again(billing: Asker, app: App, browser: Browser) -> None:
    page = ask(browser, app, resource=BILLING)
    ProtectedResource.objects.update(own_scopes=OWN.replace("Read your", "Delete your"))
    again = answer(browser, page)
    assert again.status_code == 400
    assert "Delete your invoices" in again.text
    assert not Authorization.objects.exists()


def test_a_scope_of_another_resource_is_not_granted_at_mcp(billing: Asker, app: App, browser: Browser) -> None:
    assert app.connect(browser, scope="invoices.read read")["scope"] == "read"


def test_a_resource_has_its_own_beside_those_of_the_server_that_the_operator_chose(app: App, browser: Browser) -> None:
    row = make_resource(scope="read", own_scopes="read See it all\ninvoices.read Read your invoices").row
    assert document_of(row, "http://localhost")["scopes_supported"] == ["read", "invoices.read"]
    assert "<bdi>See it all</bdi> <code>read</code>" in ask(browser, app, resource=BILLING).text


def test_the_page_of_connected_apps_names_the_resource(billing: Asker, app: App, browser: Browser) -> None:
    app.connect(browser, resource=BILLING, scope="invoices.read")
    app.connect(browser, scope="read")
    page = browser.get("/apps").text
    assert "<bdi>Billing server: Read your invoices</bdi> <code>invoices.read</code>" in page
    assert page.count("<code>read</code>") == 1


def test_a_scope_that_is_no_longer_described_is_shown_by_its_name(billing: Asker, app: App, browser: Browser) -> None:
    app.connect(browser, resource=BILLING, scope="invoices.read")
    ProtectedResource.objects.update(own_scopes="")
    assert "Billing server: invoices.read" in browser.get("/apps").text


@pytest.mark.parametrize(
    "text",
    [
        "invoices.read",
        'a"b Read',
        "a\\b Read",
        "ä Read",
        "x" * 101 + " Read",
        "a " + "x" * 201,
        "a Read\na Read again",
        "offline_access Stay",
        "openid Sign in",
        "a \x07",
        "a Re\u202ead",
        "\n".join(f"s{number} Read" for number in range(31)),
    ],
)
def test_scopes_that_are_malformed_or_not_described_are_refused(text: Any) -> None:
    with pytest.raises(ValidationError):
        make_resource(own_scopes=text)
