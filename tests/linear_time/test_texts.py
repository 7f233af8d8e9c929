"""Headers, forms, client metadata, assertions and other texts are parsed in linear time."""

import base64
from typing import Any

import pytest
from django.test import RequestFactory
from oauthlib.oauth2 import OAuth2Error

from accounts import scopes
from accounts.audit import request_ids
from accounts.client_credentials import assertions as client_assertions
from accounts.clients import redirect_uris
from accounts.clients.metadata.validation import checked
from accounts.http import basic_authentication
from accounts.http.address import address_of, same_resource
from accounts.http.json_input import Decoder
from accounts.oauth.token import claimed_client
from accounts.resource_server.bearer import credentials_of
from mcp_api.methods import pagination
from mcp_api.protocol.headers import decoded
from mcp_api.protocol.input_limits import LONGEST_URI
from mcp_api.transport.headers import is_our_host
from mcp_api.transport.origin import is_loopback
from tests.linear_time.inputs import form
from tests.linear_time.timing import (
    BODY,
    HEADER,
    OAUTH_BODY,
    Make,
    Parse,
    check,
)

pytestmark = pytest.mark.any_database


def metadata(**members: Any) -> dict[str, Any]:
    return {"redirect_uris": ["https://a.example/b"], **members}


def basic(value: str) -> object:
    request = RequestFactory().post("/oauth/token", headers={"Authorization": f"Basic {value}"})
    return claimed_client(request)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def assertion(claims: bytes) -> str:
    return ".".join(map(encoded, (b'{"alg": "ES256"}', claims, b"a")))


NESTED = lambda n: b'{"a":' * (n // 5)  # noqa: E731 - an entry of the tables below, like the others

# By name: the parser, what makes an input of size n, and the largest n that gets there.
TEXTS: dict[str, tuple[Parse, Make, int]] = {
    "Authorization, Bearer": (credentials_of, lambda n: "Bearer " + "a" * n, HEADER),
    "Authorization, blanks": (credentials_of, lambda n: "Bearer" + " " * n, HEADER),
    "Authorization, Basic": (
        basic_authentication.read,
        lambda n: "Basic " + base64.b64encode(b"%" * (n * 3 // 4)).decode(),
        HEADER,
    ),
    "Authorization, claimed": (basic, lambda n: base64.b64encode(b":" * (n * 3 // 4)).decode(), HEADER),
    "X-Forwarded-For": (lambda text: address_of("127.0.0.1", text), lambda n: "," * n, 2 * HEADER),
    "X-Request-ID": (request_ids.given_or_new, lambda n: "a" * n + "!", HEADER),
    "Host": (is_our_host.__wrapped__, lambda n: "a." * (n // 2) + ":", HEADER),
    "Host, an IPv6 address": (is_our_host.__wrapped__, lambda n: "[" + ":" * n, HEADER),
    "Origin": (is_loopback, lambda n: "http://" + "a." * (n // 2), HEADER),
    "Origin, brackets": (is_loopback, lambda n: "http://" + "[" * n, HEADER),
    "Mcp-Name": (decoded, lambda n: f"=?base64?{'?=' * (n // 2)}", HEADER),
    "cursor": (
        pagination._decode,
        lambda n: base64.b64encode(b"after:" + b":" * (n * 3 // 4)).decode(),
        2 * LONGEST_URI,
    ),
    "form, parameters": (form, lambda n: "&".join(f"a{number}" for number in range(n)), 1000),
    "form, a long value": (form, lambda n: "a=" + "%41" * (n // 3), OAUTH_BODY),
    "form, a repeated resource": (form, lambda n: "&".join(["resource=a"] * n), 1000),
    "scope": (lambda text: scopes.narrow(text.split()), lambda n: "a " * (n // 2), OAUTH_BODY),
    "scope, distinct": (
        lambda text: scopes.narrow(text.split()),
        lambda n: " ".join(str(number) for number in range(n // 6)),
        OAUTH_BODY,
    ),
    "resource": (lambda uri: same_resource(uri, "http://a/mcp"), lambda n: "http://" + "/" * n, 2000),
    "redirect URI": (
        lambda uri: redirect_uris.check(uri, has_secret=False),
        lambda n: "https://" + "a." * (n // 2),
        2000,
    ),
    "redirect URI, to match": (
        lambda uri: redirect_uris.matches(uri, "http://localhost/a"),
        lambda n: "http://localhost:" + "1" * n,
        2000,
    ),
    "metadata, redirect URIs": (
        checked,
        lambda n: metadata(redirect_uris=["https://a.example/"] * (n // 22)),
        OAUTH_BODY,
    ),
    "metadata, a logo": (checked, lambda n: metadata(logo_uri="https://" + "a-" * (n // 2) + "."), OAUTH_BODY),
    "metadata, a logo of dots": (checked, lambda n: metadata(logo_uri="https://" + "a." * (n // 2) + "!"), OAUTH_BODY),
    "metadata, a name": (checked, lambda n: metadata(client_name=" " * n), OAUTH_BODY),
    "metadata, grant types": (checked, lambda n: metadata(grant_types=["a"] * (n // 5)), OAUTH_BODY),
    "metadata, wrong grant types": (checked, lambda n: metadata(grant_types=[0] * (n // 2)), OAUTH_BODY),
    "metadata, wrong redirect URIs": (checked, lambda n: metadata(redirect_uris=[0] * (n // 2)), OAUTH_BODY),
    "metadata, keys": (checked, lambda n: metadata(jwks={"keys": [{}] * (n // 4)}), OAUTH_BODY),
    "metadata, a large key": (
        checked,
        lambda n: metadata(jwks={"keys": [{"kty": "RSA", "n": "A" * n, "e": "AQAB"}]}),
        OAUTH_BODY // 2,
    ),
    "assertion, nested": (client_assertions.unverified_client_id, lambda n: assertion(NESTED(n)), 6_000),
    "assertion, a long number": (
        client_assertions.unverified_client_id,
        lambda n: assertion(b'{"sub":' + b"9" * n + b"}"),
        6_000,
    ),
    "assertion, dots": (client_assertions.unverified_client_id, lambda n: "." * n, 8_192),
    "passkey, nested": (lambda text: Decoder().decode(text), lambda n: NESTED(n).decode(), BODY),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TEXTS)
def test_text_is_parsed_in_linear_time(name: str) -> None:
    parse, make, largest = TEXTS[name]
    check(parse, make, largest)


def test_nested_assertion_is_refused_as_one_that_cannot_be_read() -> None:
    for claims in (NESTED(6_000), b"[" * 6_000):
        with pytest.raises(OAuth2Error):
            client_assertions.unverified_client_id(assertion(claims))
