"""The consent page names the other servers that a protected resource may use on the person's behalf."""

import pytest
from django.test import Client as Browser

from accounts.models import AllowedExchange, Authorization, ProtectedResource
from tests.support.flows import RESOURCE, App, answer, approve, ask
from tests.support.oauth.exchanges import ARCHIVE, LEDGER, allow
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db

LEDGER_LINE = "<b><bdi>Billing server</bdi></b> may use <b><bdi>Ledger</bdi></b>"


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource()


@pytest.fixture
def ledger(db: None) -> Asker:
    return make_resource(LEDGER, "Ledger")


def test_page_names_each_server_that_the_next_one_may_use(
    billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    archive = make_resource(ARCHIVE, "Archive")
    allow(billing, ledger)
    allow(ledger, archive, "read")
    page = ask(browser, app, resource=BILLING).text
    assert LEDGER_LINE in page
    assert "ledger.example.com" in page
    assert "<b><bdi>Ledger</bdi></b> may use <b><bdi>Archive</bdi></b>" in page


def test_page_of_a_resource_without_exchanges_names_none(
    billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    allow(ledger, billing)
    assert "on your behalf, with at most" not in ask(browser, app, resource=BILLING).text
    assert "on your behalf, with at most" not in ask(browser, app).text


@pytest.mark.parametrize("which", [BILLING, LEDGER])
def test_page_names_no_server_while_one_of_the_two_is_switched_off(
    billing: Asker, ledger: Asker, app: App, browser: Browser, which: str
) -> None:
    allow(billing, ledger)
    ProtectedResource.objects.filter(identifier=which).update(is_active=False)
    assert LEDGER_LINE not in ask(browser, app, resource=LEDGER if which == BILLING else BILLING).text


def test_page_names_only_exchanges_of_a_scope_that_is_requested(
    billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    allow(billing, ledger, "write")
    assert LEDGER_LINE not in ask(browser, app, resource=BILLING, scope="read").text


def test_page_of_this_servers_own_endpoint_names_them_too(ledger: Asker, app: App, browser: Browser) -> None:
    allow(make_resource(RESOURCE, "Gateway"), ledger)
    assert "<b><bdi>Gateway</bdi></b> may use <b><bdi>Ledger</bdi></b>" in ask(browser, app).text


def test_exchange_that_is_allowed_while_the_page_is_open_shows_it_again(
    billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    page = ask(browser, app, resource=BILLING)
    allow(billing, ledger)
    again = answer(browser, page)
    assert (again.status_code, LEDGER_LINE in again.text) == (400, True)
    assert not Authorization.objects.exists()


def test_consent_is_not_remembered_where_a_later_permission_was_not_shown(
    billing: Asker, ledger: Asker, browser: Browser
) -> None:
    app = App.by_hand(redirect_uris="https://app.example.com/callback")
    approve(browser, app, scope="read", resource=BILLING)
    assert ask(browser, app, scope="read", resource=BILLING).status_code == 302
    allow(billing, ledger)
    page = ask(browser, app, scope="read", resource=BILLING)
    assert (page.status_code, LEDGER_LINE in page.text) == (200, True)
    assert answer(browser, page).status_code == 302
    assert ask(browser, app, scope="read", resource=BILLING).status_code == 302
    AllowedExchange.objects.get().save()
    assert ask(browser, app, scope="read", resource=BILLING).status_code == 200


def test_names_of_servers_are_escaped(billing: Asker, app: App, browser: Browser) -> None:
    allow(billing, make_resource(LEDGER, "<b>Ledger"))
    assert "&lt;b&gt;Ledger" in ask(browser, app, resource=BILLING).text
