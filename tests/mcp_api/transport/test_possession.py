"""Requests to /mcp with tokens that are bound to a key (RFC 9449 section 7), and with proofs for other tokens."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.dpop import nonces
from accounts.models import Authorization, Event, UsedProof
from tests.mcp_api.conftest import Caller, make_caller
from tests.mcp_api.messages import initialize, modern
from tests.support.oauth.dpop import MCP_URL, Prover

pytestmark = pytest.mark.django_db

METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'


@pytest.fixture
def prover() -> Prover:
    return Prover()


@pytest.fixture
def bound(db: None, prover: Prover) -> Caller:
    return make_caller(dpop_jkt=prover.thumbprint)


def call(caller: Caller, headers: dict[str, str]) -> Any:
    """Call a tool with exactly these credentials."""
    body, named = modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    return caller.send(body, {**named, **headers})


def refused(response: Any, error: str, reason: str = "") -> None:
    assert response.status_code == 401, response.content
    assert json.loads(response.content)["error"] == error
    challenge = response["WWW-Authenticate"]
    assert challenge.startswith(f'DPoP error="{error}", scope="read", {METADATA}, algs="ES256 ')
    assert challenge.endswith('", Bearer')
    assert Event.objects.latest("pk").reason == (reason or error)
    assert Event.objects.latest("pk").token_id is not None


def test_a_bound_token_is_served_with_a_proof(bound: Caller, prover: Prover) -> None:
    response = call(bound, prover.for_mcp(bound.raw))
    assert json.loads(response.content)["result"]["structuredContent"] == {"result": "hi"}
    assert nonces.is_valid(response["DPoP-Nonce"])


def test_a_proof_with_a_fresh_nonce_is_not_given_another(bound: Caller, prover: Prover) -> None:
    response = call(bound, prover.for_mcp(bound.raw, nonce=nonces.make()))
    assert response.status_code == 200
    assert "DPoP-Nonce" not in response


def test_a_bound_token_as_bearer_is_refused(bound: Caller, prover: Prover) -> None:
    refused(call(bound, {}), "invalid_token", "bound_token")
    headers = {**prover.for_mcp(bound.raw), "Authorization": f"Bearer {bound.raw}"}
    refused(call(bound, headers), "invalid_token", "bound_token")


def test_an_unbound_token_with_a_proof_is_refused(caller: Caller, prover: Prover) -> None:
    refused(call(caller, prover.for_mcp(caller.raw)), "invalid_token", "unbound_token")
    assert call(caller, {}).status_code == 200


def test_a_proof_of_another_key_is_refused(bound: Caller) -> None:
    refused(call(bound, Prover().for_mcp(bound.raw)), "invalid_token", "foreign_key")


@pytest.mark.parametrize(
    "changes",
    [{"method": "GET"}, {"uri": "http://localhost/oauth/token"}, {"ath": "wrong"}, {"ath": None}, {"jti": None}],
    ids=str,
)
def test_a_proof_for_another_request_is_refused(bound: Caller, prover: Prover, changes: dict[str, Any]) -> None:
    refused(call(bound, prover.for_mcp(bound.raw, **changes)), "invalid_dpop_proof")
    assert not UsedProof.objects.exists()


@pytest.mark.parametrize("proof", ["", "a", "a.b.c", "é", "a" * 100_000])
def test_a_proof_that_cannot_be_read_is_refused(bound: Caller, proof: str) -> None:
    refused(call(bound, {"Authorization": f"DPoP {bound.raw}", "DPoP": proof}), "invalid_dpop_proof")


def test_two_proofs_are_refused(bound: Caller, prover: Prover) -> None:
    headers = prover.for_mcp(bound.raw)
    refused(call(bound, {**headers, "DPoP": f"{headers['DPoP']},{headers['DPoP']}"}), "invalid_dpop_proof")


def test_two_tokens_are_refused(bound: Caller, prover: Prover) -> None:
    headers = prover.for_mcp(bound.raw)
    both = f"DPoP {bound.raw},Bearer {bound.raw}"
    response = call(bound, {**headers, "Authorization": both})
    assert response.status_code == 401
    assert Event.objects.latest("pk").reason == "malformed_token"


def test_a_proof_is_used_once(bound: Caller, prover: Prover) -> None:
    headers = prover.for_mcp(bound.raw)
    assert call(bound, headers).status_code == 200
    refused(call(bound, headers), "invalid_dpop_proof")
    assert UsedProof.objects.count() == 1


@pytest.mark.parametrize("age", [-400, 400])
def test_an_old_or_future_proof_is_refused(bound: Caller, prover: Prover, age: int) -> None:
    response = call(bound, prover.for_mcp(bound.raw, iat=prover.claims()["iat"] - age))
    refused(response, "use_dpop_nonce")
    again = prover.for_mcp(bound.raw, iat=7, nonce=response["DPoP-Nonce"])
    assert call(bound, again).status_code == 200


def test_a_nonce_can_be_demanded(bound: Caller, prover: Prover, settings: Settings) -> None:
    """RFC 9449 section 9."""
    settings.DPOP_NONCE_REQUIRED = True
    response = call(bound, prover.for_mcp(bound.raw))
    refused(response, "use_dpop_nonce")
    assert call(bound, prover.for_mcp(bound.raw, nonce=response["DPoP-Nonce"])).status_code == 200


def test_an_unknown_token_is_refused_before_its_proof_is_read(bound: Caller, prover: Prover) -> None:
    response = call(bound, {"Authorization": "DPoP unknown", "DPoP": "a.b.c"})
    assert response["WWW-Authenticate"].startswith('DPoP error="invalid_token"')
    assert Event.objects.latest("pk").reason == "unknown_token"


def test_a_revoked_token_is_refused_with_a_proof(bound: Caller, prover: Prover) -> None:
    Authorization.objects.update(revoked_at=timezone.now())
    response = call(bound, prover.for_mcp(bound.raw))
    assert response.status_code == 401
    assert Event.objects.latest("pk").reason == "revoked_token"
    assert not UsedProof.objects.exists()


def test_a_missing_scope_is_named_in_the_scheme_of_the_token(bound: Caller, prover: Prover) -> None:
    body, named = modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    bound.token.scope = ""
    bound.token.save(update_fields=["scope"])
    response = bound.send(body, {**named, **prover.for_mcp(bound.raw)})
    assert response.status_code == 403
    assert response["WWW-Authenticate"].startswith('DPoP error="insufficient_scope"')
    assert "Bearer" not in response["WWW-Authenticate"]


def test_a_stream_and_the_end_of_a_session_take_a_proof_of_their_method(bound: Caller, prover: Prover) -> None:
    started = bound.send(initialize("2025-11-25"), prover.for_mcp(bound.raw))
    session = {"Mcp-Session-Id": started["Mcp-Session-Id"]}
    wrong = bound.http.delete("/mcp", headers={**session, **prover.for_mcp(bound.raw, "POST")})
    refused(wrong, "invalid_dpop_proof")
    assert bound.http.delete("/mcp", headers={**session, **prover.for_mcp(bound.raw, "DELETE")}).status_code == 204


def test_a_bearer_call_costs_no_further_query(caller: Caller) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert call(caller, {}).status_code == 200
    assert not [query for query in queries if "usedproof" in query["sql"]]


def test_the_address_may_have_a_slash(bound: Caller, prover: Prover) -> None:
    body, named = modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    headers = {**named, **prover.for_mcp(bound.raw, uri=f"{MCP_URL}/")}
    assert bound.send(body, headers, url="/mcp/").status_code == 200
