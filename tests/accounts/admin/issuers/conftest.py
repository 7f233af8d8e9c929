"""Fixtures: an operator at admin, an issuer with its key, and a client."""

import pytest
from django.test import Client as Browser

from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.trusted_issuers import Signer


@pytest.fixture
def operator(db: None) -> Browser:
    return sign_in(make_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def acme() -> Signer:
    return Signer()


@pytest.fixture
def app(db: None) -> App:
    return App.by_hand()
