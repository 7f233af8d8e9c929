"""Signed responses to introspection (RFC 9701)."""

import time
from typing import Any

import jwt
import pytest

from accounts.models import SigningKey
from accounts.signing import keys
from tests.support.flows import App, Response, basic, post_form
from tests.support.oauth.jwts import verified
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = pytest.mark.django_db

TYPE = "token-introspection+jwt"
MEDIA_TYPE = f"application/{TYPE}"


def introspect(asker: Asker, token: str, accept: str = MEDIA_TYPE) -> Response:
    headers = {"Authorization": basic(asker.row.client_id, asker.secret), "Accept": accept}
    return post_form("/oauth/introspect", {"token": token}, **headers)


def test_the_response_is_a_jwt_for_the_resource_that_asks(billing: Asker, tokens: dict[str, Any]) -> None:
    """RFC 9701 section 5."""
    response = introspect(billing, tokens["access_token"])
    assert (response["Content-Type"], response["Cache-Control"]) == (MEDIA_TYPE, "no-store")
    claims = verified(response.text, billing.row.client_id, TYPE)
    assert abs(claims.pop("iat") - time.time()) < 5
    assert claims == {
        "iss": "http://localhost",
        "aud": billing.row.client_id,
        "token_introspection": billing.introspect(tokens["access_token"]).json(),
    }
    assert claims["token_introspection"]["active"]


def test_an_inactive_token_must_have_active_false_and_no_other_member(billing: Asker) -> None:
    """RFC 9701 section 5."""
    claims = verified(introspect(billing, "unknown").text, billing.row.client_id, TYPE)
    assert claims["token_introspection"] == {"active": False}


def test_the_response_cannot_be_used_as_an_access_token(billing: Asker, tokens: dict[str, Any], app: App) -> None:
    """RFC 9701 section 8.1: neither `sub` nor `exp`, and a type of its own."""
    signed = introspect(billing, tokens["access_token"]).text
    assert not {"sub", "exp"} & jwt.decode(signed, options={"verify_signature": False}).keys()
    assert not billing.is_told(signed)
    app.revoke(signed)
    assert billing.is_told(tokens["access_token"])


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "application/*", f"{MEDIA_TYPE};q=0.1, application/json", "text/html", ";;,=\x7f"],
)
def test_json_is_what_every_other_request_gets(billing: Asker, tokens: dict[str, Any], accept: str) -> None:
    response = introspect(billing, tokens["access_token"], accept)
    assert response["Content-Type"] == "application/json"
    assert response.json()["aud"] == BILLING


def test_a_refusal_is_json(billing: Asker) -> None:
    response = post_form("/oauth/introspect", {"token": "t"}, Accept=MEDIA_TYPE)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_key_that_cannot_be_read_signs_nothing(billing: Asker, tokens: dict[str, Any]) -> None:
    keys.current()
    SigningKey.objects.update(private_key="lost")
    response = introspect(billing, tokens["access_token"])
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert billing.is_told(tokens["access_token"])
