"""Client registration (RFC 7591), sent bad input."""

import base64
import json
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.scopes import LONGEST_SCOPE
from tests.bad_input.requests import FIELDS, METADATA, send, statuses_of
from tests.bad_input.responses import assert_oauth_error, described
from tests.bad_input.values import BAD_JSON, BODIES, CONTENT_TYPES, ENCODED_VALUES, JSON, JSON_VALUES, ODD_METHODS

METADATA_ERRORS = ("invalid_client_metadata", "invalid_redirect_uri")


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_bad_body_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            for content_type in (JSON, "", "text/plain"):
                response = send(browser, "POST", "/oauth/register", bad, content_type)
                error = assert_oauth_error(response, *statuses_of(bad, 400))
                assert error["error"] == "invalid_client_metadata"


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_body_of_another_type_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_oauth_error(send(browser, "POST", "/oauth/register", body, content_type), 400, 413)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.usefixtures("nothing_written")
def test_registering_with_one_bad_value_is_refused_or_narrowed(
    browser: Browser, field: str, subtests: pytest.Subtests
) -> None:
    for kind, value in JSON_VALUES.items():
        with subtests.test(kind):
            body = json.dumps({**METADATA, field: value})
            response = send(browser, "POST", "/oauth/register", body, JSON)
            assert (response.status_code == 201) is narrowed(field, kind), described(response)
            if response.status_code == 201:
                assert_complete(browser, response.json())
            else:
                assert assert_oauth_error(response, 400)["error"] in METADATA_ERRORS


def narrowed(field: str, kind: str) -> bool:
    """Return whether such a value is null, which counts as absent, or a text that does no harm in that field."""
    value = JSON_VALUES[kind]
    if value is None:
        return field != "redirect_uris"
    if not isinstance(value, str):
        return False
    if field in ("client_uri", "logo_uri"):
        return True
    if "NUL" in kind or field in (
        "redirect_uris",
        "grant_types",
        "response_types",
        "jwks",
        "token_endpoint_auth_method",
    ):
        return False
    if field == "jwks_uri":
        return not value.strip()
    if field == "application_type":
        return bool(value.strip())
    return field != "scope" or len(value) <= LONGEST_SCOPE


def assert_complete(browser: Browser, client: dict[str, Any]) -> None:
    """Read the registration back, and delete it."""
    token = client["registration_access_token"]
    path = f"/oauth/register/{client['client_id']}"
    read = send(browser, "GET", path, authorization=f"Bearer {token}").json()
    assert read == {name: value for name, value in client.items() if not name.startswith("client_secret")}
    assert send(browser, "DELETE", path, authorization=f"Bearer {token}").status_code == 204


@pytest.mark.usefixtures("nothing_written")
def test_an_invalid_redirect_uri_is_not_registered(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            if kind == "foreign address":
                continue  # no crime while registering
            for uri in (
                encoded,
                f"http://localhost:8080/{chr(0)}",
                "http://localhost:8080/\n",
                "a" * 3000 + ":b",
            ):
                body = json.dumps({**METADATA, "redirect_uris": [uri]})
                error = assert_oauth_error(send(browser, "POST", "/oauth/register", body, JSON), 400)
                assert error["error"] == "invalid_redirect_uri"


NUMBER = base64.urlsafe_b64encode(b"\xc3" * 256).decode().rstrip("=")
BAD_KEYS: dict[str, Any] = {
    "no type": {},
    "unknown type": {"kty": "unheard-of"},
    "type that is a list": {"kty": []},
    "symmetric": {"kty": "oct", "k": NUMBER},
    "RSA without numbers": {"kty": "RSA"},
    "RSA without modulus": {"kty": "RSA", "e": "AQAB"},
    "RSA of nothing": {"kty": "RSA", "n": "", "e": ""},
    "RSA that is not base64": {"kty": "RSA", "n": "!!!", "e": "\N{SNOWMAN}"},
    "RSA that is small": {"kty": "RSA", "n": "Aw", "e": "AQAB"},
    "RSA with an even exponent": {"kty": "RSA", "n": NUMBER, "e": "Ag"},
    "RSA with a huge exponent": {"kty": "RSA", "n": NUMBER, "e": NUMBER * 8},
    "RSA that is huge": {"kty": "RSA", "n": NUMBER * 200, "e": "AQAB"},
    "RSA for elliptic curves": {"kty": "RSA", "n": NUMBER, "e": "AQAB", "alg": "ES256"},
    "RSA with an unknown algorithm": {"kty": "RSA", "n": NUMBER, "e": "AQAB", "alg": "unheard-of"},
    "EC without a curve": {"kty": "EC", "x": NUMBER, "y": NUMBER},
    "EC off its curve": {"kty": "EC", "crv": "P-256", "x": NUMBER[:43], "y": NUMBER[:43]},
    "EC on an unknown curve": {"kty": "EC", "crv": "P-1", "x": NUMBER[:43], "y": NUMBER[:43]},
    "OKP without a curve": {"kty": "OKP", "x": NUMBER[:43]},
    "OKP that is too short": {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    "OKP that is X25519": {"kty": "OKP", "crv": "X25519", "x": NUMBER[:43]},
    "a NUL in its id": {"kty": "OKP", "crv": "Ed25519", "x": NUMBER[:43], "kid": "\x00"},
    "a lone surrogate in its id": {"kty": "OKP", "crv": "Ed25519", "x": NUMBER[:43], "kid": "\ud800"},
    "no object": "key",
    "null": None,
}


@pytest.mark.usefixtures("nothing_written")
def test_registering_with_a_bad_key_is_refused(browser: Browser, subtests: pytest.Subtests) -> None:
    metadata = {**METADATA, "token_endpoint_auth_method": "private_key_jwt"}
    for kind, key in BAD_KEYS.items():
        with subtests.test(kind):
            body = json.dumps({**metadata, "jwks": {"keys": [key]}})
            response = send(browser, "POST", "/oauth/register", body, JSON)
            if response.status_code == 201:
                # Odd, but a key: only who holds its other half can use it.
                assert kind.startswith("RSA"), described(response)
                assert_complete(browser, response.json())
            else:
                error = assert_oauth_error(response, *statuses_of(body, 400))
                assert error["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_registering_is_posting_and_nothing_else(browser: Browser, method: str) -> None:
    response = send(browser, method, "/oauth/register", json.dumps(METADATA), JSON)

    assert response.status_code == 405, described(response)
    if method != "HEAD":
        assert_oauth_error(response, 405)
