"""The example of docs/other-resources.md: a tool of this server calls another server in the person's name."""

import json
from collections.abc import Iterator
from functools import partial
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
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

MAKE = """
from tests.support.oauth.protected_resources import make_resource
make_resource({own!r}, "This server")
ledger = make_resource({ledger!r}, "Ledger")
print(ledger.row.client_id, ledger.secret)
"""
ALLOW = """
from accounts.models import AllowedExchange, ProtectedResource
own, ledger = ProtectedResource.objects.order_by("pk")
AllowedExchange.objects.create(source=own, target=ledger, scope="read")
"""
EVENT = (
    "from accounts.models import Event\nprint(Event.objects.filter(detail__contains='acts for').latest('pk').detail)"
)
PERSON = "from accounts.models import User\nprint(User.objects.get(username='demo').pk)"
# The same in a tool that is no coroutine, as a tool in a transaction, which has read something before.
SYNC = '''


@tool(atomic={atomic})
def balance_in_a_thread(context: Context) -> str:
    """Return the person's balance, from the ledger."""
    context.user.refresh_from_db()
    import anyio

    return anyio.run(read, context.exchange_token(LEDGER))


async def read(token: str) -> str:
    headers = {{"Authorization": f"Bearer {{token}}"}}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(LEDGER, http_client=http)) as ledger,
    ):
        result = await ledger.call_tool("balance", {{}})
    return result.content[0].text
'''


@pytest.fixture
def server(template: Template, tmp_path: Path) -> Iterator[Any]:
    """This server with the tool of the page, and the ledger's address."""
    ledger = Address.free()
    app = tmp_path / "balances"
    app.mkdir()
    (app / "__init__.py").touch()
    sync = SYNC.format(atomic="DATABASES['default']['ENGINE'].endswith('postgresql')")
    code = f"from django.conf import settings\nDATABASES = settings.DATABASES\n{examples().tool_exchanges}{sync}"
    (app / "mcp_tools.py").write_text(code.replace(LEDGER, ledger.origin))
    with LiveServer(template, env={"APPS": "balances", "PYTHONPATH": str(tmp_path)}) as running:
        yield SimpleNamespace(running=running, ledger=ledger, mcp_url=running.mcp_url)


@pytest.fixture
def ledger(server: Any, fastmcp_python: Path, tmp_path: Path) -> Iterator[str]:
    """The ledger, guarded as the page has it. Returns its identifier."""
    address = server.ledger
    credentials = server.running.shell(MAKE.format(own=server.mcp_url, ledger=address.mcp_url)).split()
    parts = [examples().fastmcp_asks, BALANCE, RUN["fastmcp"].format(port=address.port)]
    program = program_of(parts, {ISSUER: server.running.url, BILLING: address.origin}, credentials)
    with serving(fastmcp_python, tmp_path / "ledger.py", program, address):
        yield address.mcp_url


async def call(client: Client, tool: str = "balance") -> CallToolResult:
    return await client.call_tool(tool, {})


def test_tool_calls_another_server_in_the_persons_name_where_the_operator_allows_it(server: Any, ledger: str) -> None:
    desk = Desk(server)
    refused = desk.use("auto", call)
    assert refused.is_error
    assert "does not allow this server to call Ledger on behalf of people" in text_of(refused)

    server.running.shell(ALLOW)
    for tool in ("balance", "balance_in_a_thread"):
        claims = json.loads(text_of(desk.use("auto", partial(call, tool=tool))))
        assert (claims["sub"], claims["client_id"]) == (server.running.shell(PERSON).strip(), desk.client_id)
        assert (claims["aud"], claims["scope"], claims["act"]) == (ledger, "read", {"sub": server.mcp_url})
    assert server.running.shell(EVENT) == "This server acts for demo through SDK test, at Ledger."
