"""JWT access tokens (RFC 9068): their claims, what accepts them, and what refuses them."""

import re
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, ProtectedResource, SigningKey, User
from accounts.revocation.authorizations import revoke
from accounts.signing import keys
from tests.support.flows import App, approve
from tests.support.oauth.dpop import Prover
from tests.support.oauth.jwts import published_keys, verified
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db

PAYROLL = "https://payroll.example.com/mcp"


def test_the_claims_are_those_of_rfc_9068(tokens: dict[str, Any], app: App, person: User) -> None:
    """RFC 9068 section 2.2."""
    row = AccessToken.objects.get()
    assert verified(tokens["access_token"], BILLING) == {
        "iss": "http://localhost",
        "exp": int(row.expires.timestamp()),
        "aud": BILLING,
        "sub": str(person.pk),
        "client_id": app.client_id,
        "iat": int(row.created.timestamp()),
        "jti": row.token_checksum,
        "scope": "read write",
    }
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "read write")


def test_jwt_access_tokens_must_be_signed(tokens: dict[str, Any]) -> None:
    """RFC 9068 section 2.1: "JWT access tokens MUST be signed." and "MUST NOT use "none" as the signing algorithm."."""
    header = jwt.get_unverified_header(tokens["access_token"])
    assert header == {"typ": "at+jwt", "alg": "ES256", "kid": SigningKey.objects.get().kid}


def test_rs256_must_be_supported(billing: Asker, app: App, browser: Browser) -> None:
    """RFC 9068 section 2.1: the server "MUST include RS256 among their supported signature algorithms"."""
    keys.rotate("RS256", at_once=True)
    token = app.connect(browser, resource=BILLING)["access_token"]
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert verified(token, BILLING)["aud"] == BILLING
    assert billing.is_told(token)


def test_expires_in_is_the_life_of_the_jwt(tokens: dict[str, Any]) -> None:
    assert tokens["expires_in"] == 300
    claims = verified(tokens["access_token"], BILLING)
    assert abs(claims["exp"] - time.time() - 300) < 3


def test_a_jwt_lives_no_longer_than_this_server_s_own_tokens(
    billing: Asker, app: App, browser: Browser, settings: Settings
) -> None:
    ProtectedResource.objects.update(token_lifetime=600)
    settings.ACCESS_TOKEN_EXPIRE_MINUTES = 3
    assert app.connect(browser, resource=BILLING)["expires_in"] == 180


def test_a_jwt_of_a_bound_client_names_the_key(billing: Asker, app: App, browser: Browser) -> None:
    """RFC 9449 section 6.1."""
    key = Prover()
    response = app.exchange(approve(browser, app, resource=BILLING), dpop=key.proof()).json()
    assert response["token_type"] == "DPoP"
    assert verified(response["access_token"], BILLING)["cnf"] == {"jkt": key.thumbprint}


def test_a_jwt_is_stored_as_a_checksum_and_its_jti_is_no_token(billing: Asker, tokens: dict[str, Any]) -> None:
    row = AccessToken.objects.get()
    jti = verified(tokens["access_token"], BILLING)["jti"]
    assert row.token == ""
    assert re.fullmatch("[0-9a-f]{64}", jti)
    assert not billing.is_told(jti)


def test_a_jwt_is_refused_at_mcp(tokens: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    response = Browser().post("/mcp", "{}", content_type="application/json", headers=headers)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_a_jwt_is_refused_as_a_refresh_token(app: App, tokens: dict[str, Any]) -> None:
    assert app.refresh(tokens["access_token"]).json()["error"] == "invalid_grant"


def test_introspection_knows_a_jwt_at_its_own_resource_alone(billing: Asker, tokens: dict[str, Any]) -> None:
    other = make_resource(PAYROLL, "Payroll", token_format="jwt")
    assert billing.is_told(tokens["access_token"])
    assert not other.is_told(tokens["access_token"])
    with pytest.raises(jwt.InvalidAudienceError):
        verified(tokens["access_token"], PAYROLL)


def test_a_revoked_jwt_is_inactive_at_once_and_is_not_refreshed(
    billing: Asker, app: App, tokens: dict[str, Any]
) -> None:
    revoke(Authorization.objects.all(), reason="operator")
    assert not billing.is_told(tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_client_revokes_by_the_jwt(billing: Asker, app: App, tokens: dict[str, Any]) -> None:
    """RFC 7009 section 2.1."""
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert Authorization.objects.get().revoked_at is not None
    assert not billing.is_told(tokens["access_token"])


def test_another_client_cannot_revoke_by_the_jwt(tokens: dict[str, Any]) -> None:
    assert App.register().revoke(tokens["access_token"]).status_code == 200
    assert Authorization.objects.get().revoked_at is None


@pytest.mark.parametrize("minutes", [0, 10])
def test_an_expired_jwt_is_inactive(billing: Asker, tokens: dict[str, Any], minutes: int) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(minutes=minutes))
    assert not billing.is_told(tokens["access_token"])


def test_a_refresh_that_is_repeated_gets_a_jwt_of_the_same_row(
    billing: Asker, app: App, tokens: dict[str, Any]
) -> None:
    first, again = (app.refresh(tokens["refresh_token"]).json() for _ in range(2))
    assert first["refresh_token"] == again["refresh_token"]
    assert verified(first["access_token"], BILLING) == verified(again["access_token"], BILLING)
    assert AccessToken.objects.count() == 2
    assert billing.is_told(first["access_token"])
    assert billing.is_told(again["access_token"])


def test_a_repeated_refresh_after_a_rotation_is_signed_by_the_new_key(
    billing: Asker, app: App, tokens: dict[str, Any]
) -> None:
    first = app.refresh(tokens["refresh_token"]).json()
    keys.rotate(at_once=True)
    again = app.refresh(tokens["refresh_token"]).json()
    assert verified(again["access_token"], BILLING) == verified(first["access_token"], BILLING)
    assert jwt.get_unverified_header(again["access_token"])["kid"] == published_keys()[0]["kid"]


@pytest.mark.parametrize(("before", "after"), [("opaque", "jwt"), ("jwt", "opaque")])
def test_a_resource_that_changes_the_form_of_its_tokens_gets_the_new_one(
    billing: Asker, app: App, browser: Browser, before: str, after: str
) -> None:
    ProtectedResource.objects.update(token_format=before)
    tokens = app.connect(browser, resource=BILLING)
    first = app.refresh(tokens["refresh_token"]).json()
    ProtectedResource.objects.update(token_format=after)
    again = app.refresh(tokens["refresh_token"]).json()
    assert [each["access_token"].count(".") for each in (first, again)] == ([0, 2] if after == "jwt" else [2, 0])
    assert again["expires_in"] <= 300
    assert billing.is_told(first["access_token"])
    assert billing.is_told(again["access_token"])


def test_tokens_for_mcp_are_opaque_whatever_a_resource_with_its_address_says(app: App, browser: Browser) -> None:
    gateway = make_resource("http://localhost/mcp", "Gateway")
    ProtectedResource.objects.update(token_format="jwt")
    token = app.connect(browser)["access_token"]
    assert "." not in token
    assert gateway.is_told(token)


def forgeries(token: str) -> list[str]:
    """Return texts that look like `token`, or like a JWT."""
    header, claims, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    mine, own = keys._generate("ES256"), keys.private_key(keys.current())

    def signed(key: Any, algorithm: str = "ES256", typ: str = "at+jwt", **headers: Any) -> str:
        read = jwt.decode(token, options={"verify_signature": False})
        return jwt.encode(read, key, algorithm=algorithm, headers={"typ": typ, **headers})

    return [
        *(f"{header}.{claims}.", f"{header}.{claims}.{signature[:-4]}AAAA", f"{token}x" * 60),
        *(signed(mine, kid=kid), signed(None, "none", kid=kid), signed("public" * 9, "HS256", kid=kid)),
        *(signed(own, typ="JWT", kid=kid), signed(own), signed(own, kid="\x00"), signed(own, kid="unknown")),
        *("..", "a.b.c", "\ud800.\x00.☃", f"{'{' * 9000}.a.b", "e30.e30.e30"),
    ]


def test_forged_and_malformed_jwts_are_inactive_and_revoke_nothing(
    billing: Asker, app: App, tokens: dict[str, Any]
) -> None:
    for forged in forgeries(tokens["access_token"]):
        sent = forged.encode("utf-8", "replace").decode()
        assert billing.introspect(sent).json() == {"active": False}, forged
        assert app.revoke(sent).status_code in (200, 400), forged
    assert Authorization.objects.get().revoked_at is None
    assert billing.is_told(tokens["access_token"])


def test_a_key_that_cannot_be_read_issues_nothing_and_the_operator_is_told(
    billing: Asker, app: App, browser: Browser
) -> None:
    keys.current()
    SigningKey.objects.update(private_key="lost")
    code = approve(browser, app, resource=BILLING)
    response = app.exchange(code)
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert "rotate_signing_key" in response.json()["error_description"]
    assert not AccessToken.objects.exists()
    keys.replace_leaked()
    assert app.exchange(code).status_code == 200


def test_the_scope_of_a_refresh_is_that_of_its_jwt(billing: Asker, app: App, tokens: dict[str, Any]) -> None:
    refreshed = app.refresh(tokens["refresh_token"], scope="read").json()
    assert verified(refreshed["access_token"], BILLING)["scope"] == "read"
