"""Requests that arrive at the same moment, over real HTTP, at a server of several processes."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.token_requests import at_once, exchange, refresh
from tests.support.people.browser import FormReader, Person
from tests.support.servers.server import LiveServer

PASS = """
from datetime import timedelta
from django.db.models import F
from accounts.models import RefreshToken
RefreshToken.objects.update(revoked=F("revoked") - timedelta(seconds=121))
"""
REASON = """
from accounts.models import Event
print(Event.objects.filter(kind="revocation").latest("pk").reason)
"""


@pytest.fixture
def app(server: LiveServer) -> App:
    document = {"client_name": "Hurried", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
    answer = httpx2.post(f"{server.url}/oauth/register", json=document).json()
    return App(answer["client_id"], answer["client_secret"])


@pytest.fixture
def demo() -> Person:
    return Person("demo", "demo123")


@pytest.fixture
def code(server: LiveServer, app: App, demo: Person) -> str:
    location = demo.approve(server.url + app.authorization_url())
    return parse_qs(urlsplit(location).query)["code"][0]


def authorizations(server: LiveServer, app: App) -> str:
    """Return the number of the client's authorizations, and of those that are live."""
    theirs = f"Authorization.objects.filter(consent__client__client_id={app.client_id!r})"
    return server.shell(f"print({theirs}.count(), {theirs}.live().count())")


def test_of_ten_redemptions_of_one_code_exactly_one_succeeds_and_the_authorization_ends(
    server: LiveServer, app: App, code: str
) -> None:
    """RFC 6749 section 4.1.2: "The client MUST NOT use the authorization code more than once."."""
    responses = at_once(10, lambda client: exchange(server, app, code, client))

    assert sorted(response.status_code for response in responses) == [200] + [400] * 9
    assert {response.json()["error"] for response in responses if response.status_code == 400} == {"invalid_grant"}
    assert authorizations(server, app) == "1 0"
    [winner] = [response.json() for response in responses if response.status_code == 200]
    assert refresh(server, app, winner["refresh_token"]).json()["error"] == "invalid_grant"


def test_five_refreshes_of_one_token_are_all_given_the_same_pair(server: LiveServer, app: App, code: str) -> None:
    token = exchange(server, app, code).json()["refresh_token"]

    responses = at_once(5, lambda client: refresh(server, app, token, client))

    assert [response.status_code for response in responses] == [200] * 5
    assert len({(response.json()["access_token"], response.json()["refresh_token"]) for response in responses}) == 1
    assert authorizations(server, app) == "1 1"
    assert refresh(server, app, responses[0].json()["refresh_token"]).status_code == 200


def test_refreshes_in_a_race_with_a_revocation_end_in_no_server_error(server: LiveServer, app: App, code: str) -> None:
    token = exchange(server, app, code).json()["refresh_token"]
    turns = iter(range(10))

    def either(client: httpx2.Client) -> httpx2.Response:
        if next(turns) % 2:
            return refresh(server, app, token, client)
        return client.post(f"{server.url}/oauth/revoke", data={"token": token, **app.credentials})

    responses = at_once(10, either)
    assert {response.status_code for response in responses} <= {200, 400}
    assert authorizations(server, app) == "1 0"


def test_approve_pressed_five_times_at_once_is_approved_each_time(server: LiveServer, app: App, demo: Person) -> None:
    page = demo.open(server.url + app.authorization_url())
    [form] = [form for form in FormReader.read(page.text) if ("decision", "approve") in form.buttons]
    data = {name: value for name, value in form.fields if name != "scope"} | {"decision": "approve", "scope": "read"}

    def press(client: httpx2.Client) -> httpx2.Response:
        headers = {"Origin": server.url, "Referer": str(page.url)}
        client.cookies.update(demo.cookies)
        return client.post(server.url + form.action, data=data, headers=headers)

    responses = at_once(5, press)

    assert [response.status_code for response in responses] == [302] * 5
    assert len({response.headers["Location"] for response in responses}) == 5
    assert authorizations(server, app) == "5 5"


def test_sibling_that_was_overtaken_is_given_the_newest_pair(server: LiveServer, app: App, code: str) -> None:
    """Parallel calls of the TypeScript SDK: one exchanges the new token while another still sends the old."""
    old = exchange(server, app, code).json()["refresh_token"]
    new = refresh(server, app, old).json()["refresh_token"]

    newest = refresh(server, app, new).json()["refresh_token"]

    assert refresh(server, app, old).json()["refresh_token"] == newest
    assert authorizations(server, app) == "1 1"


def test_thief_who_comes_after_the_grace_ends_the_authorization_and_the_operator_sees_why(
    server: LiveServer, app: App, code: str
) -> None:
    stolen = exchange(server, app, code).json()["refresh_token"]
    current = refresh(server, app, stolen).json()["refresh_token"]
    server.shell(PASS)

    assert refresh(server, app, stolen).json()["error"] == "invalid_grant"
    assert authorizations(server, app) == "1 0"
    assert refresh(server, app, current).status_code == 400
    assert server.shell(REASON).strip() == "refresh_token_reused"
