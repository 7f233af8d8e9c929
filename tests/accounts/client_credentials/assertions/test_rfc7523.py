"""The example of RFC 7523 section 2.2: a client authenticates by an assertion while it redeems a code.

The RFC leaves out the claims: they are those that section 3 requires, with the times of section 4. This server demands
besides: `jti` in the assertion, and PKCE with the redirect URI in the request.
"""

import json

import pytest
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, ClientAssertion, Grant
from tests.support.flows import REDIRECT_URI, App, Response, answer, returned, sign_in
from tests.support.oauth import rfc7523
from tests.support.oauth.dpop import Prover, rsa_key
from tests.support.oauth.pkce import VERIFIER

pytestmark = pytest.mark.django_db

HOST = "as.example.com"
CODE = "n0esc3NRze7LTCu7iYzS6a5acc3f0ogp4"
HEADER = '{"alg":"RS256","kid":"22"}'
NOT_BEFORE, EXPIRES = 1300815780, 1300819380
PRINTED = (
    f"grant_type=authorization_code&code={CODE}"
    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    "&client_assertion="
)
BESIDES = f"&code_verifier={VERIFIER}&redirect_uri={REDIRECT_URI}"


@pytest.fixture(scope="module")
def key() -> Prover:
    return Prover(rsa_key(), "RS256")


@pytest.fixture
def app(db: None, key: Prover) -> App:
    keys = rfc7523.published(key, "22")
    return App(App.by_hand(token_endpoint_auth_method="private_key_jwt", jwks=keys).client_id)


@pytest.fixture(autouse=True)
def on_that_day(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    rfc7523.serve_at(settings, HOST)
    rfc7523.move_clock(monkeypatch, NOT_BEFORE + 60)


@pytest.fixture
def code(app: App) -> str:
    """The code of the example, in place of the one that a person's approval made."""
    browser = sign_in()
    browser.defaults.update({"HTTP_HOST": HOST, "wsgi.url_scheme": "https"})
    assert "code" in returned(answer(browser, browser.get(app.authorization_url())))
    Grant.objects.update(code=checksum(CODE))
    return CODE


def claims_of(app: App, **changes: object) -> str:
    own = app.client_id
    claims = {"iss": own, "sub": own, "aud": f"https://{HOST}", "nbf": NOT_BEFORE, "exp": EXPIRES, "jti": "1"}
    return json.dumps({**claims, **changes}, separators=(",", ":"))


def redeem(app: App, key: Prover, **changes: object) -> Response:
    assertion = rfc7523.sign(HEADER, claims_of(app, **changes), key)
    assert assertion.startswith("eyJhbGciOiJSUzI1NiIsImtpZCI6IjIyIn0.eyJpc3Mi")
    return rfc7523.post(HOST, "/oauth/token", PRINTED + assertion + BESIDES)


def test_code_of_the_example_is_redeemed_by_its_assertion(app: App, code: str, key: Prover) -> None:
    response = redeem(app, key)
    assert response.status_code == 200, response.content
    assert AccessToken.objects.get().application == app.row
    assert ClientAssertion.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"aud": "https://jwt-rp.example.net"}, {"iss": "https://jwt-idp.example.com"}, {"exp": NOT_BEFORE - 60}],
)
def test_another_claim_leaves_the_code_unused(app: App, code: str, key: Prover, changes: dict[str, object]) -> None:
    """RFC 7523 section 3.2: "The value of the "error" parameter MUST be the "invalid_client" error code"."""
    refused = redeem(app, key, **changes)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), refused.content
    assert redeem(app, key).status_code == 200


def test_token_endpoint_of_the_example_is_an_audience_too(app: App, code: str, key: Prover) -> None:
    """RFC 7523 section 3: "The token endpoint URL of the authorization server MAY be used"."""
    assert redeem(app, key, aud=f"https://{HOST}/oauth/token").status_code == 200


def test_jti_and_pkce_are_demanded_besides(app: App, code: str, key: Prover) -> None:
    without_id = json.loads(claims_of(app))
    del without_id["jti"]
    assertion = rfc7523.sign(HEADER, json.dumps(without_id, separators=(",", ":")), key)
    refused = rfc7523.post(HOST, "/oauth/token", PRINTED + assertion + BESIDES)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    bare = rfc7523.post(HOST, "/oauth/token", PRINTED + rfc7523.sign(HEADER, claims_of(app), key))
    assert (bare.status_code, "verifier" in bare.json()["error_description"]) == (400, True), bare.content
