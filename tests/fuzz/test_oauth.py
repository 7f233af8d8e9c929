"""The endpoints of OAuth, sent requests that are almost good."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as some

from tests.bad_input.requests import METADATA, World
from tests.bad_input.values import FORM, JSON
from tests.fuzz.requests import answer
from tests.fuzz.strategies import (
    fuzzed,
    json_values,
    texts,
    with_some_of,
)


@fuzzed
@given(data=some.data())
def test_almost_an_authorization_request(signed_in: Browser, world: World, data: some.DataObject) -> None:
    about_sign_in = {"prompt": "", "max_age": "", "login_hint": ""}
    asked = data.draw(with_some_of({**world.authorization_request(), **about_sign_in}, texts))
    query = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()})
    for method in ("GET", "POST"):
        response = answer(signed_in, method, f"/oauth/authorize?{query}", b"decision=approve", FORM)
        if response.status_code == 302:
            assert response.headers["Location"].startswith("http://localhost:8080/callback?")


@fuzzed
@given(data=some.data())
def test_almost_a_token_request(browser: Browser, world: World, data: some.DataObject) -> None:
    good = data.draw(some.sampled_from([world.code_request(), world.refresh_request(), world.revocation_request()]))
    asked = data.draw(with_some_of({**good, "client_assertion": "", "client_assertion_type": ""}, texts))
    body = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()})
    for path in ("/oauth/token", "/oauth/revoke"):
        response = answer(browser, "POST", path, body, FORM)
        assert response.status_code in (200, 400, 401)
        assert response.status_code == 200 or response.json()["error_description"]


@fuzzed
@given(metadata=with_some_of({**METADATA, "grant_types": [], "jwks": {}, "client_uri": ""}, json_values))
def test_almost_client_metadata(browser: Browser, world: World, metadata: dict[str, Any]) -> None:
    body = json.dumps(metadata)
    assert answer(browser, "POST", "/oauth/register", body, JSON).status_code in (201, 400)
    bearer = f"Bearer {world.registration_token}"
    body = json.dumps({**metadata, "client_id": world.client.client_id})
    response = answer(browser, "PUT", world.registration_path, body, JSON, authorization=bearer)
    assert response.status_code in (200, 400)
