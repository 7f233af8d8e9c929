"""The example of docs/other-resources.md: a server of FastMCP calls another one in the person's name."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult

from tests.clients.documented_servers import (
    BALANCE,
    BILLING,
    ISSUER,
    LEDGER,
    RUN,
    Address,
    examples,
    program_of,
    serving,
)
from tests.clients.python_sdk import Desk, text_of
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

MAKE = """
from accounts.models import AllowedExchange
from tests.support.oauth.protected_resources import make_resource
billing, ledger = make_resource({billing!r}, "Billing"), make_resource({ledger!r}, "Ledger")
AllowedExchange.objects.create(source=billing.row, target=ledger.row, scope="read")
print(billing.row.client_id, billing.secret, ledger.row.client_id, ledger.secret)
"""
FORBID = """
from accounts.models import AllowedExchange
print(AllowedExchange.objects.filter(source__identifier={billing!r}).delete()[0])
"""
EVENT = (
    "from accounts.models import Event\nprint(Event.objects.filter(detail__contains='acts for').latest('pk').detail)"
)
PERSON = "from accounts.models import User\nprint(User.objects.get(username='demo').pk)"


@pytest.fixture
def billing(server: LiveServer, fastmcp_python: Path, tmp_path: Path) -> Iterator[Any]:
    """Billing, as the page has it, and the ledger that it calls, each in a process of its own."""
    own, other = Address.free(), Address.free()
    names = server.shell(MAKE.format(billing=own.mcp_url, ledger=other.mcp_url)).split()
    asks, run = examples().fastmcp_asks, RUN["fastmcp"]
    calling = [asks, examples().fastmcp_exchanges, run.format(port=own.port)]
    of_billing = program_of(calling, {ISSUER: server.url, BILLING: own.origin, LEDGER: other.origin}, names[:2])
    called = [asks, BALANCE, run.format(port=other.port)]
    of_ledger = program_of(called, {ISSUER: server.url, BILLING: other.origin}, names[2:])
    with (
        serving(fastmcp_python, tmp_path / "billing.py", of_billing, own),
        serving(fastmcp_python, tmp_path / "ledger.py", of_ledger, other),
    ):
        yield SimpleNamespace(mcp_url=own.mcp_url, ledger_url=other.mcp_url)


async def balance(client: Client) -> CallToolResult:
    return await client.call_tool("balance", {})


def test_server_calls_another_one_in_the_persons_name_until_the_operator_forbids_it(
    billing: Any, server: LiveServer
) -> None:
    desk = Desk(billing)
    claims = json.loads(text_of(desk.use("auto", balance)))
    assert (claims["sub"], claims["client_id"]) == (server.shell(PERSON).strip(), desk.client_id)
    assert (claims["aud"], claims["scope"], claims["act"]) == (billing.ledger_url, "read", {"sub": billing.mcp_url})
    assert server.shell(EVENT) == "Billing acts for demo through SDK test, at Ledger."

    assert server.shell(FORBID.format(billing=billing.mcp_url)).strip() == "1"
    refused = desk.use("auto", balance)
    assert refused.is_error
    assert "The operator does not allow this server to exchange its tokens" in text_of(refused)
