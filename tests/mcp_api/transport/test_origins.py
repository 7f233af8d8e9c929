"""The `Origin` header of requests to `/mcp`, and CORS."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from mcp_types.jsonrpc import (
    INVALID_REQUEST,
)

from tests.mcp_api.conftest import URL, error_of
from tests.mcp_api.messages import request

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("origin", ["http://localhost", "https://app.example", "http://localhost:6274"])
def test_own_and_allowed_origins_are_served(caller, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example", "http://localhost:6274"]
    assert caller.send(request("ping"), {"Origin": origin}).status_code == 200


FOREIGN = ["https://evil.example", "null", "", "http://localhost:6274", "https://localhost", "http://[::1", "é"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_servers_must_respond_with_403_if_the_origin_header_is_present_and_invalid(caller, origin):
    response = caller.send(request("ping"), {"Origin": origin})
    assert response.status_code == 403
    assert error_of(response)["code"] == INVALID_REQUEST
    assert "id" not in json.loads(response.content)


@pytest.mark.parametrize("method", ["post", "get", "delete"])
def test_servers_must_validate_the_origin_header_on_all_incoming_connections(method):
    response = getattr(Browser(), method)(URL, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


LOOPBACK = ["http://localhost:6274", "http://127.0.0.1:6274", "http://[::1]:6274", "https://localhost"]


@pytest.mark.parametrize("origin", LOOPBACK)
def test_every_loopback_origin_is_served_with_debug(caller, settings, origin):
    settings.DEBUG = True
    response = caller.send(request("ping"), {"Origin": origin, "Host": "localhost"})
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "http://localhost.evil.example", "http://[::1", "http://localhost."),
        *("http://127.1", "http://localhost@evil.example", "http://localhost%2Eevil.example", "http://localhost:0"),
        *("http://localhost\\.evil.example", "http://evil.example\\@localhost", "http://[::ffff:127.0.0.1]"),
    ],
)
def test_other_origins_are_refused_even_with_debug(caller, settings, origin):
    settings.DEBUG = True
    response = caller.send(request("ping"), {"Origin": origin, "Host": "localhost"})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response


def preflight(origin: str, **headers: str) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version",
    }
    return Browser().options(URL, headers=asked | headers)


def test_preflight_from_an_allowed_origin_needs_no_token_and_allows_every_header(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = preflight("https://app.example")
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    # The wildcard covers the Mcp-* headers, but never Authorization (Fetch standard).
    assert set(response["Access-Control-Allow-Headers"].lower().split(", ")) == {"*", "authorization", "dpop"}
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in response


def test_preflight_from_a_loopback_origin_is_answered_with_debug(settings):
    settings.DEBUG = True
    response = preflight("http://localhost:6274", Host="localhost")
    assert response["Access-Control-Allow-Origin"] == "http://localhost:6274"


def test_preflight_from_a_foreign_origin_allows_nothing():
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example")


def test_page_of_an_allowed_origin_may_read_the_challenge(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = Browser().post(URL, headers={"Origin": "https://app.example"})
    assert response.status_code == 401
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert "WWW-Authenticate" in response["Access-Control-Expose-Headers"]
    assert "DPoP-Nonce" in response["Access-Control-Expose-Headers"]
