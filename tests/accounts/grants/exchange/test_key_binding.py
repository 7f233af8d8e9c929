"""Exchanges of tokens that are bound to a client's key (RFC 9449), which the resource cannot prove."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, AllowedExchange, Client
from tests.support.flows import App, approve
from tests.support.oauth.dpop import Prover
from tests.support.oauth.exchanges import exchange
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = pytest.mark.django_db


@pytest.fixture
def bound(allowed: AllowedExchange, app: App, browser: Browser) -> str:
    """The token of a client with a key, which Billing received."""
    code = approve(browser, app, resource=BILLING)
    token: str = app.exchange(code, dpop=Prover().proof()).json()["access_token"]
    assert AccessToken.objects.get(token_checksum=checksum(token)).dpop_jkt
    return token


def test_bound_token_never_becomes_one_that_anybody_can_use(bound: str, billing: Asker) -> None:
    response = exchange(billing, bound)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize("which", ["bound", "received"])
def test_new_token_is_bound_to_the_key_of_the_server_that_exchanges(
    billing: Asker, ledger: Asker, request: pytest.FixtureRequest, which: str
) -> None:
    prover = Prover()
    answer = exchange(billing, request.getfixturevalue(which), dpop=prover.proof()).json()
    told = ledger.introspect(answer["access_token"]).json()
    assert (answer["token_type"], told["token_type"]) == ("DPoP", "DPoP")
    assert told["cnf"] == {"jkt": prover.thumbprint}


def test_proof_is_used_once(received: str, billing: Asker) -> None:
    proof = Prover().proof()
    statuses = [exchange(billing, received, dpop=proof).status_code for _ in range(2)]
    assert statuses == [200, 400]
    assert AccessToken.objects.count() == 2


def test_client_whose_tokens_must_be_bound_gets_no_unbound_one_through_another_server(
    received: str, billing: Asker
) -> None:
    Client.objects.update(requires_dpop=True)
    response: Any = exchange(billing, received)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_dpop_proof")
    assert exchange(billing, received, dpop=Prover().proof()).status_code == 200
