"""Fixtures: two protected resources, of which Billing may call Ledger, and a token that Billing received."""

import pytest
from django.test import Client as Browser

from accounts.models import AllowedExchange
from tests.support.flows import App
from tests.support.oauth.exchanges import ARCHIVE, LEDGER, allow
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource()


@pytest.fixture
def ledger(db: None) -> Asker:
    return make_resource(LEDGER, "Ledger")


@pytest.fixture
def archive(db: None) -> Asker:
    return make_resource(ARCHIVE, "Archive")


@pytest.fixture
def allowed(billing: Asker, ledger: Asker) -> AllowedExchange:
    return allow(billing, ledger)


@pytest.fixture
def received(allowed: AllowedExchange, app: App, browser: Browser) -> str:
    """The token that a person's client sent to Billing."""
    token: str = app.connect(browser, resource=BILLING, scope="read write")["access_token"]
    return token
