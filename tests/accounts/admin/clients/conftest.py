"""Fixtures of the tests of clients in admin: a widely used client, and a malicious one."""

import pytest

from accounts.models import Client
from tests.support.blocking import CLAUDE, EVIL
from tests.support.factories import make_authorization, make_client, make_user
from tests.support.flows import App


@pytest.fixture
def claude() -> Client:
    """A client by a metadata document that two people use."""
    claude = make_client(
        name="Claude",
        client_id="https://claude.ai/oauth/client.json",
        registration_source=Client.RegistrationSource.CIMD,
        redirect_uris=CLAUDE,
    )
    for _ in range(2):
        make_authorization(make_user(), claude)
    return claude


@pytest.fixture
def bad() -> Client:
    """A client that registered itself with Claude's address beside its own."""
    return App.register(client_name="Bad", redirect_uris=[CLAUDE, EVIL]).row
