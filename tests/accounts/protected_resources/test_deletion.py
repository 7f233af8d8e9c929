"""A protected resource that is deleted in one process is dead on the next request in another."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.flows import REDIRECT_URI, App, basic
from tests.support.oauth.exchanges import ACCESS_TOKEN, GRANT_TYPE, LEDGER
from tests.support.oauth.protected_resources import BILLING
from tests.support.oauth.token_requests import exchange as redeem
from tests.support.oauth.token_requests import refresh
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

MAKE = """
from accounts.models import AllowedExchange, ProtectedResource
from tests.support.oauth.protected_resources import make_resource
ProtectedResource.objects.filter(identifier={identifier!r}).delete()
made = make_resource({identifier!r}, {name!r})
print(made.row.client_id, made.secret)
"""
ALLOW = f"""
from accounts.models import AllowedExchange, ProtectedResource
billing, ledger = (ProtectedResource.objects.get(identifier=each) for each in ({BILLING!r}, {LEDGER!r}))
AllowedExchange.objects.create(source=billing, target=ledger, scope="read write")
"""
FIND = "from accounts.models import ProtectedResource\nfound = ProtectedResource.objects.filter(identifier={!r})\n"
# As admin deletes one on its page, and several from the list.
DELETIONS = {"on its page": "found.get().delete()", "from the list": "found.delete()"}


class Servers:
    """Billing, which may call Ledger; an app that is connected to Billing; what both got."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.billing, self.ledger = self.make(BILLING, "Billing"), self.make(LEDGER, "Ledger")
        server.shell(ALLOW)
        document = {"client_name": "Deletion", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
        answer = httpx2.post(f"{server.url}/oauth/register", json=document).json()
        self.app = App(answer["client_id"], answer["client_secret"])
        self.tokens = redeem(server, self.app, self.code()).json()
        self.received: str = self.tokens["access_token"]

    def make(self, identifier: str, name: str) -> str:
        """Make the resource anew, and return its credentials."""
        return basic(*self.server.shell(MAKE.format(identifier=identifier, name=name)).split())

    def delete(self, identifier: str, how: str) -> None:
        self.server.shell(FIND.format(identifier) + DELETIONS[how])

    def authorize(self) -> dict[str, list[str]]:
        location = Person("demo", "demo123").approve(self.server.url + self.app.authorization_url(resource=BILLING))
        return parse_qs(urlsplit(location).query)

    def code(self) -> str:
        return self.authorize()["code"][0]

    def introspect(self, header: str, token: str) -> httpx2.Response:
        return self.post("introspect", header, token=token)

    def exchange(self) -> httpx2.Response:
        asked = {"subject_token": self.received, "subject_token_type": ACCESS_TOKEN, "resource": LEDGER}
        return self.post("token", self.billing, grant_type=GRANT_TYPE, **asked)

    def post(self, path: str, header: str, **data: str) -> httpx2.Response:
        return httpx2.post(f"{self.server.url}/oauth/{path}", data=data, headers={"Authorization": header})


@pytest.fixture
def servers(server: LiveServer) -> Servers:
    return Servers(server)


def repeatedly(ask: Callable[[], httpx2.Response]) -> list[tuple[int, Any]]:
    """The distinct answers to several requests in a row, which reach each of the server's processes."""
    answers = []
    for _ in range(6):
        response = ask()
        told = response.json()
        answer = response.status_code, told.get("error", told.get("active", True))
        answers += [answer] if answer not in answers else []
    return answers


@pytest.mark.parametrize("how", DELETIONS)
def test_its_credentials_are_refused_at_introspection(servers: Servers, how: str) -> None:
    assert repeatedly(lambda: servers.introspect(servers.billing, servers.received)) == [(200, True)]
    servers.delete(BILLING, how)
    assert repeatedly(lambda: servers.introspect(servers.billing, servers.received)) == [(401, "invalid_client")]


@pytest.mark.parametrize("how", DELETIONS)
def test_tokens_for_it_are_dead_also_for_another_one_of_its_address(servers: Servers, how: str) -> None:
    code = servers.code()
    servers.delete(BILLING, how)
    token = servers.tokens["refresh_token"]
    assert repeatedly(lambda: refresh(servers.server, servers.app, token)) == [(400, "invalid_grant")]
    assert repeatedly(lambda: redeem(servers.server, servers.app, code)) == [(400, "invalid_grant")]
    another = servers.make(BILLING, "Billing")
    assert repeatedly(lambda: servers.introspect(another, servers.received)) == [(200, False)]
    assert repeatedly(lambda: refresh(servers.server, servers.app, token)) == [(400, "invalid_grant")]


@pytest.mark.parametrize("how", DELETIONS)
def test_its_exchanges_and_what_it_got_by_them_are_dead(servers: Servers, how: str) -> None:
    exchanged = servers.exchange().json()["access_token"]
    assert repeatedly(lambda: servers.introspect(servers.ledger, exchanged)) == [(200, True)]
    servers.delete(BILLING, how)
    assert repeatedly(lambda: servers.introspect(servers.ledger, exchanged)) == [(200, False)]
    assert repeatedly(servers.exchange) == [(401, "invalid_client")]


@pytest.mark.parametrize("how", DELETIONS)
def test_exchanges_for_it_are_dead_and_the_received_token_goes_on(servers: Servers, how: str) -> None:
    exchanged = servers.exchange().json()["access_token"]
    servers.delete(LEDGER, how)
    assert repeatedly(servers.exchange) == [(400, "invalid_target")]
    another = servers.make(LEDGER, "Ledger")
    assert repeatedly(lambda: servers.introspect(another, exchanged)) == [(200, False)]
    assert repeatedly(lambda: servers.introspect(servers.billing, servers.received)) == [(200, True)]
