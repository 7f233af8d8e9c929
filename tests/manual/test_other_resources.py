"""docs/other-resources.md: its commands, run as they are written. Its servers are in tests/clients."""

import json

import pytest

from tests.manual.commands import commands_of, run
from tests.support.oauth.exchanges import LEDGER
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.oauth.protected_resources import BILLING
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PAGE = "other-resources.md"
MAKE = f"""
from accounts.models import AllowedExchange, ProtectedResource
from tests.support.oauth.protected_resources import make_resource
ProtectedResource.objects.filter(identifier__in=({BILLING!r}, {LEDGER!r})).delete()
billing, ledger = make_resource(), make_resource({LEDGER!r}, "Ledger")
AllowedExchange.objects.create(source=billing.row, target=ledger.row, scope="read")
print(billing.row.client_id, billing.secret, ledger.row.client_id, ledger.secret)
"""


def test_commands_ask_about_a_token_and_exchange_it(server: LiveServer) -> None:
    names = server.shell(MAKE).split()
    billing, ledger = ({"CLIENT_ID": names[at], "SECRET": names[at + 1]} for at in (0, 2))
    [introspect], [exchange] = commands_of(PAGE, "/oauth/introspect"), commands_of(PAGE, "token-exchange")
    received = token_for_billing(server)
    told = json.loads(run(introspect, server, **billing, TOKEN=received))
    assert (told["active"], told["aud"], told["iss"]) == (True, BILLING, server.url)

    exchanged = json.loads(run(exchange, server, **billing, RECEIVED=received))
    assert set(exchanged) >= {"access_token", "expires_in", "scope", "issued_token_type"}
    again = json.loads(run(introspect, server, **ledger, TOKEN=exchanged["access_token"]))
    assert (again["active"], again["sub"], again["act"]) == (True, told["sub"], {"sub": BILLING})
    assert json.loads(run(introspect, server, **ledger, TOKEN=received)) == {"active": False}


def token_for_billing(server: LiveServer) -> str:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    location = Person("demo", "demo123").approve(app.authorization_url(resource=BILLING))
    token: str = app.redeem(parameters_of(location)["code"]).json()["access_token"]
    return token
