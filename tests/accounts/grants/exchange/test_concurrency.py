"""Exchanges at the same moment as each other and as what ends them, at a server of several processes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.flows import REDIRECT_URI, App, basic
from tests.support.oauth.exchanges import ACCESS_TOKEN, GRANT_TYPE, LEDGER
from tests.support.oauth.protected_resources import BILLING
from tests.support.oauth.token_requests import at_once
from tests.support.oauth.token_requests import exchange as redeem
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

MAKE = f"""
from accounts.models import AllowedExchange, ProtectedResource
from tests.support.oauth.protected_resources import make_resource
ProtectedResource.objects.all().delete()
billing, ledger = make_resource(), make_resource({LEDGER!r}, "Ledger")
AllowedExchange.objects.create(source=billing.row, target=ledger.row, scope="read write")
print(billing.row.client_id, billing.secret, ledger.row.client_id, ledger.secret)
"""
LIVE = f"print(Authorization.objects.live().filter(resource={LEDGER!r}).count())"
# The acts of an operator, each in the order in which admin does it.
ENDS = {
    "switching Billing off": f"""
from accounts.models import ProtectedResource
from accounts.protected_resources.ending import switch_off
switch_off(ProtectedResource.objects.get(identifier={BILLING!r}))
""",
    "switching Ledger off": f"""
from accounts.models import ProtectedResource
from accounts.protected_resources.ending import switch_off
switch_off(ProtectedResource.objects.get(identifier={LEDGER!r}))
""",
    "deleting Billing": f"""
from accounts.models import ProtectedResource
ProtectedResource.objects.filter(identifier={BILLING!r}).delete()
""",
    "deleting Ledger": f"""
from accounts.models import ProtectedResource
ProtectedResource.objects.filter(identifier={LEDGER!r}).delete()
""",
    "deleting the permission": """
from accounts.models import AllowedExchange
AllowedExchange.objects.all().delete()
""",
    "changing the permission": """
from django.db import transaction
from accounts.models import AllowedExchange
from accounts.protected_resources.ending import end_exchange
with transaction.atomic():
    allowed = AllowedExchange.objects.get()
    end_exchange(allowed.source, allowed.target)
    AllowedExchange.objects.update(target=allowed.source, source=allowed.target)
""",
    "ending all access": """
from accounts.revocation.authorizations import revoke
revoke(Authorization.objects.filter(exchanged_from=None), reason="operator")
""",
}


@pytest.fixture
def headers(server: LiveServer) -> list[str]:
    """The credentials of Billing, and of Ledger."""
    names = server.shell(MAKE).split()
    return [basic(*names[:2]), basic(*names[2:])]


@pytest.fixture
def app(server: LiveServer) -> App:
    document = {"client_name": "Hurried", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
    answer = httpx2.post(f"{server.url}/oauth/register", json=document).json()
    return App(answer["client_id"], answer["client_secret"])


@pytest.fixture
def received(server: LiveServer, headers: list[str], app: App) -> str:
    location = Person("demo", "demo123").approve(server.url + app.authorization_url(resource=BILLING))
    code = parse_qs(urlsplit(location).query)["code"][0]
    token: str = redeem(server, app, code).json()["access_token"]
    return token


@pytest.fixture
def exchange(server: LiveServer, headers: list[str], received: str) -> Callable[[httpx2.Client], httpx2.Response]:
    asked = {"grant_type": GRANT_TYPE, "subject_token": received, "subject_token_type": ACCESS_TOKEN}

    def send(client: httpx2.Client) -> httpx2.Response:
        data = {**asked, "resource": LEDGER}
        return client.post(f"{server.url}/oauth/token", data=data, headers={"Authorization": headers[0]})

    return send


def are_active(server: LiveServer, header: str, responses: list[httpx2.Response]) -> set[bool]:
    tokens = [response.json()["access_token"] for response in responses if response.status_code == 200]
    asked = [
        httpx2.post(f"{server.url}/oauth/introspect", data={"token": token}, headers={"Authorization": header})
        for token in tokens
    ]
    return {response.status_code == 200 and response.json()["active"] for response in asked}


def test_ten_exchanges_at_once_have_one_authorization(
    server: LiveServer, headers: list[str], exchange: Callable[[httpx2.Client], httpx2.Response]
) -> None:
    responses = at_once(10, exchange)
    assert [response.status_code for response in responses] == [200] * 10
    assert server.shell(LIVE) == "1"
    assert are_active(server, headers[1], responses) == {True}


@pytest.mark.parametrize("what", ENDS)
def test_no_exchange_outlives_the_end_that_it_races_with(
    server: LiveServer, headers: list[str], exchange: Callable[[httpx2.Client], httpx2.Response], what: str
) -> None:
    with ThreadPoolExecutor(1) as pool, httpx2.Client(timeout=60) as client:
        before = [exchange(client)]
        end = pool.submit(server.shell, ENDS[what])
        while not end.done():
            before += at_once(4, exchange)
        end.result()
        after = exchange(client)
    assert (before[0].status_code, after.status_code in (400, 401)) == (200, True)
    assert {response.status_code for response in before} <= {200, 400, 401}
    assert server.shell(LIVE) == "0"
    assert are_active(server, headers[1], before) == {False}


def test_exchanges_in_a_race_with_the_clients_revocation_leave_no_token(
    server: LiveServer,
    app: App,
    received: str,
    headers: list[str],
    exchange: Callable[[httpx2.Client], httpx2.Response],
) -> None:
    turns = iter(range(10))

    def either(client: httpx2.Client) -> httpx2.Response:
        if next(turns) != 5:
            return exchange(client)
        return client.post(f"{server.url}/oauth/revoke", data={"token": received, **app.credentials})

    responses = at_once(10, either)
    assert {response.status_code for response in responses} <= {200, 400}
    assert server.shell(LIVE) == "0"
    issued = [response for response in responses if response.content and "access_token" in response.json()]
    assert are_active(server, headers[1], issued) <= {False}
