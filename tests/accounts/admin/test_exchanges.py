"""Admin of the exchanges that a protected resource may make: a change ends the tokens that followed from it."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AllowedExchange, Authorization, Event
from tests.support.admin.staff import staff_with
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.exchanges import LEDGER, allow, exchange
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Browser:
    return sign_in(make_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource()


@pytest.fixture
def ledger(db: None) -> Asker:
    return make_resource(LEDGER, "Ledger")


def page(resource: Asker) -> str:
    return f"/admin/oauth_mcp/protectedresource/{resource.row.pk}/change/"


def save(browser: Browser, source: Asker, target: Asker, row: AllowedExchange | None = None, **changes: Any) -> Any:
    """Send the form of `source`, with a new permission, or a changed one."""
    form = {
        "name": source.row.name,
        "token_format": source.row.token_format,
        "token_lifetime": source.row.token_lifetime,
        "allowed_exchanges-TOTAL_FORMS": 1,
        "allowed_exchanges-INITIAL_FORMS": int(row is not None),
        "allowed_exchanges-0-id": row.pk if row is not None else "",
        "allowed_exchanges-0-source": source.row.pk,
        "allowed_exchanges-0-target": target.row.pk,
        "allowed_exchanges-0-scope": ["read"],
        "allowed_exchanges-0-lifetime_minutes": 5,
    }
    return browser.post(page(source), {**form, **{f"allowed_exchanges-0-{name}": v for name, v in changes.items()}})


def test_operator_allows_an_exchange_on_the_page_of_the_server(
    operator: Browser, billing: Asker, ledger: Asker
) -> None:
    assert save(operator, billing, ledger).status_code == 302
    allowed = AllowedExchange.objects.get()
    assert (allowed.source, allowed.target, allowed.scope) == (billing.row, ledger.row, "read")
    assert "Ledger" in Event.objects.filter(kind=Event.Kind.ADMIN).latest("pk").detail


@pytest.mark.parametrize(
    "changes", [{"scope": []}, {"scope": ["unknown"]}, {"lifetime_minutes": 0}, {"lifetime_minutes": 61}]
)
def test_scopes_and_a_lifetime_are_required(
    operator: Browser, billing: Asker, ledger: Asker, changes: dict[str, Any]
) -> None:
    assert save(operator, billing, ledger, **changes).status_code == 200
    assert not AllowedExchange.objects.exists()


def test_server_cannot_exchange_for_itself(operator: Browser, billing: Asker, ledger: Asker) -> None:
    assert save(operator, billing, billing).status_code == 200
    assert not AllowedExchange.objects.exists()


@pytest.mark.parametrize(
    ("changes", "is_ended"), [({"lifetime_minutes": 4}, True), ({"DELETE": "on"}, True), ({}, False)]
)
def test_change_and_deletion_end_the_tokens_that_it_got(
    operator: Browser, billing: Asker, ledger: Asker, app: App, changes: dict[str, Any], is_ended: bool
) -> None:
    row = allow(billing, ledger, "read")
    received = app.connect(resource=BILLING)["access_token"]
    token = exchange(billing, received).json()["access_token"]
    assert save(operator, billing, ledger, row, **changes).status_code == 302
    assert (ledger.is_told(token), billing.is_told(received)) == (not is_ended, True)
    assert AllowedExchange.objects.exists() != ("DELETE" in changes)


def test_tokens_end_with_the_server_that_got_them(operator: Browser, billing: Asker, ledger: Asker, app: App) -> None:
    allow(billing, ledger)
    token = exchange(billing, app.connect(resource=BILLING)["access_token"]).json()["access_token"]
    operator.post(f"/admin/oauth_mcp/protectedresource/{billing.row.pk}/delete/", {"post": "yes"})
    assert not ledger.is_told(token)
    assert not Authorization.objects.live().exists()


def test_staff_who_may_not_change_exchanges_do_not_see_them(billing: Asker, ledger: Asker) -> None:
    allow(billing, ledger)
    browser = staff_with("view_protectedresource", "change_protectedresource")
    assert "allowed_exchanges-0" not in browser.get(page(billing)).text
    row = AllowedExchange.objects.get()
    save(browser, billing, ledger, row, lifetime_minutes=60)
    assert AllowedExchange.objects.get().lifetime_minutes == 5
