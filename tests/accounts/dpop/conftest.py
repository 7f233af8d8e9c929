"""Fixtures of the tests of DPoP."""

import pytest
from django.test import Client as Browser

from tests.support.flows import App, approve
from tests.support.oauth.dpop import Prover


@pytest.fixture
def prover() -> Prover:
    return Prover()


@pytest.fixture
def public_app(db: None) -> App:
    return App.register(token_endpoint_auth_method="none")


@pytest.fixture
def code(browser: Browser, public_app: App) -> str:
    return approve(browser, public_app, scope="read write")
