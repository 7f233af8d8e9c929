"""The token endpoint with DPoP proofs: tokens, refresh tokens and codes that are bound to a key (RFC 9449)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.dpop import nonces
from accounts.models import AccessToken, Authorization, Client, Event, Grant, RefreshToken, UsedProof
from tests.support.flows import App, Response, approve, ask, returned
from tests.support.oauth.dpop import Prover

pytestmark = pytest.mark.django_db


@pytest.fixture
def prover() -> Prover:
    return Prover()


@pytest.fixture
def public_app() -> App:
    return App.register(token_endpoint_auth_method="none")


@pytest.fixture
def code(browser: Browser, public_app: App) -> str:
    return approve(browser, public_app, scope="read write")


@pytest.fixture
def bound(public_app: App, code: str, prover: Prover) -> dict[str, Any]:
    return issued(public_app.exchange(code, dpop=prover.proof()), "DPoP")


def issued(response: Response, token_type: str) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    assert response.json()["token_type"] == token_type
    return response.json()


def is_refused(response: Response, error: str) -> bool:
    assert response["Cache-Control"] == "no-store"
    assert response.json()["error_description"]
    return (response.status_code, response.json()["error"]) == (400, error)


def test_tokens_of_a_public_client_are_bound_to_its_key(bound: dict[str, Any], prover: Prover) -> None:
    assert AccessToken.objects.get().dpop_jkt == RefreshToken.objects.get().dpop_jkt == prover.thumbprint


def test_tokens_without_a_proof_are_bearer_tokens(public_app: App, code: str) -> None:
    response = public_app.exchange(code)
    issued(response, "Bearer")
    assert "DPoP-Nonce" not in response
    assert AccessToken.objects.get().dpop_jkt == RefreshToken.objects.get().dpop_jkt == ""


def test_the_refresh_token_of_a_public_client_takes_the_same_key(
    public_app: App, bound: dict[str, Any], prover: Prover
) -> None:
    stolen = bound["refresh_token"]
    assert is_refused(public_app.refresh(stolen), "invalid_dpop_proof")
    assert is_refused(public_app.refresh(stolen, dpop=Prover().proof()), "invalid_grant")
    assert Authorization.objects.get().is_live
    issued(public_app.refresh(stolen, dpop=prover.proof()), "DPoP")
    assert AccessToken.objects.latest("pk").dpop_jkt == RefreshToken.objects.latest("pk").dpop_jkt == prover.thumbprint


def test_a_confidential_client_can_change_its_key(browser: Browser, app: App, prover: Prover) -> None:
    """RFC 9449 section 5: its refresh token is bound by the client's authentication."""
    first = issued(app.exchange(approve(browser, app), dpop=prover.proof()), "DPoP")
    new_key = Prover()
    second = issued(app.refresh(first["refresh_token"], dpop=new_key.proof()), "DPoP")
    assert AccessToken.objects.latest("pk").dpop_jkt == new_key.thumbprint
    issued(app.refresh(second["refresh_token"]), "Bearer")


def test_a_repeated_refresh_gives_the_pair_to_the_same_key_alone(
    public_app: App, bound: dict[str, Any], prover: Prover
) -> None:
    refreshed = issued(public_app.refresh(bound["refresh_token"], dpop=prover.proof()), "DPoP")
    again = issued(public_app.refresh(bound["refresh_token"], dpop=prover.proof()), "DPoP")
    assert again["access_token"] == refreshed["access_token"]
    assert is_refused(public_app.refresh(bound["refresh_token"], dpop=Prover().proof()), "invalid_grant")
    assert is_refused(public_app.refresh(bound["refresh_token"]), "invalid_dpop_proof")
    assert Authorization.objects.get().is_live


@pytest.mark.parametrize("with_proof", [True, False])
def test_a_repeated_refresh_of_a_confidential_client_gives_no_pair_to_another_key(
    browser: Browser, app: App, prover: Prover, with_proof: bool
) -> None:
    old = app.connect(browser)["refresh_token"]
    issued(app.refresh(old, dpop=prover.proof()), "DPoP")
    assert is_refused(app.refresh(old, dpop=Prover().proof() if with_proof else None), "invalid_grant")
    issued(app.refresh(old, dpop=prover.proof()), "DPoP")


def test_a_bearer_pair_is_not_repeated_to_a_key(browser: Browser, app: App, prover: Prover) -> None:
    old = app.connect(browser)["refresh_token"]
    issued(app.refresh(old), "Bearer")
    assert is_refused(app.refresh(old, dpop=prover.proof()), "invalid_grant")


def test_a_late_repeat_with_the_key_ends_the_authorization(
    public_app: App, bound: dict[str, Any], prover: Prover
) -> None:
    issued(public_app.refresh(bound["refresh_token"], dpop=prover.proof()), "DPoP")
    RefreshToken.objects.exclude(revoked=None).update(revoked=timezone.now() - timedelta(hours=1))
    assert is_refused(public_app.refresh(bound["refresh_token"], dpop=prover.proof()), "invalid_grant")
    assert not Authorization.objects.get().is_live


def test_a_proof_is_used_once(public_app: App, bound: dict[str, Any], prover: Prover) -> None:
    proof = prover.proof()
    refreshed = issued(public_app.refresh(bound["refresh_token"], dpop=proof), "DPoP")
    assert is_refused(public_app.refresh(refreshed["refresh_token"], dpop=proof), "invalid_dpop_proof")
    assert AccessToken.objects.count() == 2
    assert Event.objects.latest("pk").reason == "invalid_dpop_proof"


def test_a_refused_request_uses_neither_its_code_nor_its_proof(public_app: App, code: str, prover: Prover) -> None:
    proof = prover.proof()
    assert is_refused(public_app.exchange("unknown", dpop=proof), "invalid_grant")
    assert is_refused(public_app.exchange(code, dpop="no.proof.here"), "invalid_dpop_proof")
    assert not UsedProof.objects.exists()
    issued(public_app.exchange(code, dpop=proof), "DPoP")


def test_a_proof_for_another_address_is_refused(public_app: App, code: str, prover: Prover) -> None:
    proof = prover.proof(uri="http://localhost/mcp")
    assert is_refused(public_app.exchange(code, dpop=proof), "invalid_dpop_proof")
    assert is_refused(public_app.exchange(code, dpop=f"{prover.proof()},{prover.proof()}"), "invalid_dpop_proof")


def test_a_nonce_is_offered_and_accepted(public_app: App, code: str, prover: Prover) -> None:
    response = public_app.exchange(code, dpop=prover.proof())
    nonce = response["DPoP-Nonce"]
    refreshed = public_app.refresh(issued(response, "DPoP")["refresh_token"], dpop=prover.proof(nonce=nonce))
    issued(refreshed, "DPoP")
    assert "DPoP-Nonce" not in refreshed


def test_a_nonce_can_be_demanded(public_app: App, code: str, prover: Prover, settings: Settings) -> None:
    """RFC 9449 section 8."""
    settings.DPOP_NONCE_REQUIRED = True
    refused = public_app.exchange(code, dpop=prover.proof())
    assert is_refused(refused, "use_dpop_nonce")
    assert nonces.is_valid(refused["DPoP-Nonce"])
    issued(public_app.exchange(code, dpop=prover.proof(nonce=refused["DPoP-Nonce"])), "DPoP")


def test_a_client_whose_clock_is_wrong_is_asked_for_a_nonce(public_app: App, code: str, prover: Prover) -> None:
    refused = public_app.exchange(code, dpop=prover.proof(iat=1_000))
    assert is_refused(refused, "use_dpop_nonce")
    issued(public_app.exchange(code, dpop=prover.proof(iat=1_000, nonce=refused["DPoP-Nonce"])), "DPoP")


# --- Codes ----------------------------------------------------------------------------------------


def test_a_code_can_be_bound_to_a_key(browser: Browser, public_app: App, prover: Prover) -> None:
    """RFC 9449 section 10."""
    code = approve(browser, public_app, dpop_jkt=prover.thumbprint)
    assert Grant.objects.get().dpop_jkt == prover.thumbprint
    assert is_refused(public_app.exchange(code), "invalid_dpop_proof")
    assert is_refused(public_app.exchange(code, dpop=Prover().proof()), "invalid_grant")
    issued(public_app.exchange(code, dpop=prover.proof()), "DPoP")


@pytest.mark.parametrize("thumbprint", ["short", "é" * 43, "a" * 44, "a" * 300, "a" * 42 + "="])
def test_a_malformed_thumbprint_is_refused(browser: Browser, thumbprint: str) -> None:
    app = App.by_hand()
    response = ask(browser, app, dpop_jkt=thumbprint)
    if response.status_code == 302:
        assert returned(response)["error"] == "invalid_request"
    else:
        assert response.status_code == 400
    assert not Grant.objects.exists()


# --- Clients that must bind their tokens -------------------------------------------------------------


def test_a_client_can_demand_it_of_itself(browser: Browser, prover: Prover) -> None:
    """RFC 9449 section 5.2."""
    app = App.register(dpop_bound_access_tokens=True)
    code = approve(browser, app)
    assert is_refused(app.exchange(code), "invalid_dpop_proof")
    tokens = issued(app.exchange(code, dpop=prover.proof()), "DPoP")
    assert is_refused(app.refresh(tokens["refresh_token"]), "invalid_dpop_proof")
    issued(app.refresh(tokens["refresh_token"], dpop=prover.proof()), "DPoP")
    assert is_refused(app.refresh(tokens["refresh_token"]), "invalid_dpop_proof")


def test_the_operator_can_demand_it_of_a_client(public_app: App, code: str, prover: Prover) -> None:
    Client.objects.update(requires_dpop=True)
    assert is_refused(public_app.exchange(code), "invalid_dpop_proof")
    issued(public_app.exchange(code, dpop=prover.proof()), "DPoP")


def test_a_bound_pair_can_be_revoked_without_a_proof(public_app: App, bound: dict[str, Any]) -> None:
    assert public_app.revoke(bound["refresh_token"]).status_code == 200
    assert not Authorization.objects.get().is_live
