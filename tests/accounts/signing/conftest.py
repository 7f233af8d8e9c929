"""Fixtures: a protected resource whose tokens are JWTs, and tokens for it."""

import pytest
from django.test import Client as Browser

from tests.support.flows import App
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource(token_format="jwt")


@pytest.fixture
def tokens(billing: Asker, app: App, browser: Browser) -> dict[str, str]:
    return app.connect(browser, resource=BILLING)
