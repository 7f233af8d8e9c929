"""Client assertions (RFC 7523) that cannot be read, or that hold a bad claim."""

import base64
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from jwcrypto import jwk, jws

from tests.bad_input.requests import MACHINE_FORMS, World, send, statuses_of
from tests.bad_input.responses import assert_oauth_error, described
from tests.bad_input.values import FORM
from tests.support.factories import make_client


def compact(header: bytes, payload: bytes, signature: bytes = b"signature") -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, payload, signature))


HEADER = b'{"alg": "RS256", "kid": "1"}'
ASSERTIONS = {
    "a word": "hello",
    "dots": "..",
    "four parts": "a.b.c.d",
    "beyond ASCII": "\N{SNOWMAN}.\N{SNOWMAN}.\N{SNOWMAN}",
    "no base64": "!!!.!!!.!!!",
    "no JSON": compact(b"{", b"{"),
    "header that is a list": compact(b"[]", b'{"sub": "a"}'),
    "header that is deep": compact(b"[" * 50_000, b'{"sub": "a"}'),
    "payload that is a list": compact(HEADER, b"[]"),
    "payload that is a null": compact(HEADER, b"null"),
    "payload that is deep": compact(HEADER, b"[" * 50_000),
    "payload with a deep claim": compact(HEADER, b'{"sub": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "payload not UTF-8": compact(HEADER, b'{"sub": "\xff"}'),
    "subject with a NUL": compact(HEADER, b'{"sub": "a\\u0000b"}'),
    "subject with a lone surrogate": compact(HEADER, b'{"sub": "\\ud800"}'),
    "subject that is a number": compact(HEADER, b'{"sub": 1}'),
    "subject that is a huge number": compact(HEADER, b'{"sub": ' + b"9" * 5000 + b"}"),
    "subject that is half an address": compact(HEADER, b'{"sub": "https://[::1"}'),
    "subject that is long": compact(HEADER, b'{"sub": "' + b"x" * 10_000 + b'"}'),
    "algorithm none": compact(b'{"alg": "none"}', b'{"sub": "a"}', b""),
    "algorithm that is a list": compact(b'{"alg": []}', b'{"sub": "a"}'),
    "critical extension": compact(b'{"alg": "RS256", "crit": ["b64"], "b64": false}', b'{"sub": "a"}'),
}


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_an_invalid_client_assertion_is_refused(
    browser: Browser, world: World, path: str, subtests: pytest.Subtests
) -> None:
    for kind, assertion in ASSERTIONS.items():
        for client_id in ("", world.client.client_id):
            with subtests.test(kind, client_id=client_id):
                body = {
                    **world.code_request(),
                    "token": world.access_token,
                    "client_id": client_id,
                    "client_assertion": assertion,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                }
                sent = urlencode({name: value for name, value in body.items() if value})
                assert_oauth_error(send(browser, "POST", path, sent, FORM), *statuses_of(sent, 401))


CLAIMS = {"aud": "http://localhost/oauth/token", "exp": 4_000_000_000, "jti": "1"}
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expiry that is infinite": {"exp": float("inf")},
    "expiry that is not a number": {"exp": float("nan")},
    "expiry after all calendars": {"exp": 10**20},
    "expiry before all calendars": {"exp": -(10**20)},
    "expiry that is a text": {"exp": "soon"},
    "expiry that is a number as a text": {"exp": "40000000000"},
    "expiry that is a list": {"exp": []},
    "expiry that is null": {"exp": None},
    "expiry in centuries": {"exp": 40_000_000_000},
    "start that is infinite": {"nbf": float("inf")},
    "time that is infinite": {"iat": float("inf")},
    "time that is a list": {"iat": [1]},
    "audience that is a number": {"aud": 1},
    "audience that is a list of lists": {"aud": [[]]},
    "issuer that is a list": {"iss": [1]},
    "subject that is an object": {"sub": {}},
    "id that is a list": {"jti": []},
    "id that is null": {"jti": None},
}


@pytest.mark.django_db
def test_a_signed_assertion_with_one_bad_claim_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    key = jwk.JWK.generate(kty="EC", crv="P-256", kid="1")
    client = make_client(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.export_public(as_dict=True)]})
    now = int(time.time())
    for kind, claims in {"none": {}, **BAD_CLAIMS}.items():
        for client_id in (client.client_id, ""):
            with subtests.test(kind, client_id=client_id):
                good = {"iss": client.client_id, "sub": client.client_id, "jti": f"{kind} {client_id}"}
                payload = json.dumps({**CLAIMS, "exp": now + 60, **good, **claims})
                signed = jws.JWS(payload)
                signed.add_signature(key, protected=json.dumps({"alg": "ES256", "kid": "1"}))
                body = {
                    "token": "a",
                    **({"client_id": client_id} if client_id else {}),
                    "client_assertion": signed.serialize(compact=True),
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                }
                response = send(browser, "POST", "/oauth/revoke", urlencode(body), FORM)
                if kind == "none":
                    assert response.status_code == 200, described(response)
                else:
                    assert_oauth_error(response, 401)
