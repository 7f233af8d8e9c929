"""Fixtures: a company's identity provider, whose ID-JAGs about Ada an app may present."""

import pytest

from accounts.models import TrustedIssuer, User
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import Signer, list_subject, trust


@pytest.fixture
def acme() -> Signer:
    return Signer()


@pytest.fixture
def app(db: None) -> App:
    return App.by_hand()


@pytest.fixture
def issuer(acme: Signer, app: App, person: User) -> TrustedIssuer:
    row = trust(acme, app)
    list_subject(row, person)
    return row
