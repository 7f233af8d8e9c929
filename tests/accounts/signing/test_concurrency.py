"""Requests that arrive at the same moment, over real HTTP, at a server of several processes."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest

from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.protected_resources import BILLING
from tests.support.oauth.token_requests import at_once, exchange, refresh
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

FORGET = "from accounts.models import SigningKey\nSigningKey.objects.all().delete()"
MAKE = """
from accounts.models import ProtectedResource
made = {{"name": "Billing", "token_format": "jwt"}}
ProtectedResource.objects.update_or_create(identifier={identifier!r}, defaults=made)
"""
KEYS = "from accounts.models import SigningKey\nprint(SigningKey.objects.count())"


@pytest.fixture
def app(server: LiveServer) -> App:
    document = {"client_name": "Hurried", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
    answer = httpx2.post(f"{server.url}/oauth/register", json=document).json()
    return App(answer["client_id"], answer["client_secret"])


@pytest.fixture
def code(server: LiveServer, app: App) -> str:
    server.shell(MAKE.format(identifier=BILLING))
    location = Person("demo", "demo123").approve(server.url + app.authorization_url(resource=BILLING))
    return parse_qs(urlsplit(location).query)["code"][0]


def test_ten_who_need_the_first_key_at_once_get_the_same_one(server: LiveServer) -> None:
    server.shell(FORGET)
    responses = at_once(10, lambda client: client.get(f"{server.url}/oauth/jwks"))
    assert [response.status_code for response in responses] == [200] * 10
    assert len({response.json()["keys"][0]["kid"] for response in responses}) == 1
    assert server.shell(KEYS).strip() == "1"


def test_five_refreshes_of_one_token_are_given_jwts_of_the_same_row(server: LiveServer, app: App, code: str) -> None:
    token = exchange(server, app, code).json()["refresh_token"]
    responses = at_once(5, lambda client: refresh(server, app, token, client))
    assert [response.status_code for response in responses] == [200] * 5
    assert len({response.json()["refresh_token"] for response in responses}) == 1
    assert len({claims(response)["jti"] for response in responses}) == 1


def claims(response: httpx2.Response) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    return read
