"""The example of docs/other-resources.md: a server of FastMCP calls another one in the person's name."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult

from tests.clients.fastmcp_server.programs import TOOL, answers_or_ended, program_of, start
from tests.clients.python_sdk import Desk, text_of
from tests.manual.pages import blocks_of
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.ports import free_port
from tests.support.server import LiveServer

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
from accounts.protected_resources.ending import end_exchange
allowed = AllowedExchange.objects.get()
allowed.delete()
print(end_exchange(allowed.source, allowed.target))
"""
EVENT = (
    "from accounts.models import Event\nprint(Event.objects.filter(detail__contains='acts for').latest('pk').detail)"
)
PERSON = "from accounts.models import User\nprint(User.objects.get(username='demo').pk)"


@pytest.fixture
def billing(server: LiveServer, fastmcp_python: Path, tmp_path: Path) -> Iterator[Any]:
    """Billing, as the page has it, and the ledger that it calls, each in a process of its own."""
    guarded, *_, calling, _ = (block.code for block in blocks_of("other-resources.md") if block.language == "python")
    ports = free_port(), free_port()
    billing, ledger = (f"http://localhost:{port}" for port in ports)
    names = server.shell(MAKE.format(billing=f"{billing}/mcp", ledger=f"{ledger}/mcp")).split()
    issuer, own = {"https://mcp.example.com": server.url}, "https://billing.example.com"
    of_billing = program_of(
        [guarded, calling], {**issuer, own: billing, "https://ledger.example.com": ledger}, ports[0], names[:2]
    )
    of_ledger = program_of([guarded, TOOL], {**issuer, own: ledger}, ports[1], names[2:])
    running = [
        start(fastmcp_python, tmp_path / f"{name}.py", code)
        for name, code in zip("bl", (of_billing, of_ledger), strict=True)
    ]
    try:
        for process, url in zip(running, (billing, ledger), strict=True):
            assert eventually(partial(answers_or_ended, url, process), PATIENCE_SECONDS)
        yield SimpleNamespace(mcp_url=f"{billing}/mcp", ledger_url=f"{ledger}/mcp")
    finally:
        for process in running:
            process.terminate()
            process.wait(10)


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

    assert server.shell(FORBID).strip() == "1"
    refused = desk.use("auto", balance)
    assert refused.is_error
    assert "400" in text_of(refused)
