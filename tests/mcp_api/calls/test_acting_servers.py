"""Events of calls with an exchanged token (RFC 8693) name the servers that act for the person."""

import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Event
from mcp_api import Context, tool
from tests.mcp_api.conftest import result_of, verbs_of
from tests.mcp_api.messages import modern
from tests.support.factories import RESOURCE, make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.exchanges import LEDGER, allow, exchange
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture
def billing(db: None) -> Asker:
    return make_resource()


@pytest.fixture
def own(billing: Asker) -> Asker:
    """This server's own /mcp, which Billing may call."""
    own = make_resource(RESOURCE, "This server")
    allow(billing, own)
    return own


@pytest.fixture
def received(own: Asker) -> str:
    """The token that Ada's client sent to Billing."""
    token: str = App.register().connect(sign_in(make_user("ada")), resource=BILLING, scope="read write")["access_token"]
    return token


def call(token: str, name: str = "echo", **arguments: Any) -> Event:
    """Return the event of a call with `token`."""
    body, headers = modern("tools/call", {"name": name, "arguments": arguments})
    headers = {**headers, "Authorization": f"Bearer {token}"}
    response: Any = Browser().post("/mcp", json.dumps(body), content_type="application/json", headers=headers)
    assert result_of(response)
    return Event.objects.latest("pk")


def test_event_names_the_server_that_acts(received: str, billing: Asker, caplog: pytest.LogCaptureFixture) -> None:
    token = exchange(billing, received, resource=RESOURCE).json()["access_token"]
    caplog.set_level(logging.INFO, logger="accounts.audit.events")
    event = call(token, text="a")
    assert (event.action, event.username, event.actors) == ("tools/call echo", "ada", BILLING)
    assert f"actors={BILLING!r}" in caplog.messages[-1]


def test_event_names_each_server_of_a_chain(received: str, billing: Asker, own: Asker) -> None:
    ledger = make_resource(LEDGER, "Ledger")
    allow(billing, ledger)
    allow(ledger, own)
    first = exchange(billing, received).json()["access_token"]
    second = exchange(ledger, first, resource=RESOURCE).json()["access_token"]
    assert call(second, text="a").actors == f"{LEDGER} {BILLING}"


def test_event_of_a_token_that_was_not_exchanged_names_nobody(own: Asker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="accounts.audit.events")
    assert call(App.register().connect()["access_token"], text="a").actors == ""
    assert "actors" not in caplog.messages[-1]


def test_event_of_a_refused_call_names_them_too(received: str, billing: Asker) -> None:
    token = exchange(billing, received, resource=RESOURCE).json()["access_token"]
    body, headers = modern("tools/call", {"name": "unknown", "arguments": {}})
    headers = {**headers, "Authorization": f"Bearer {token}"}
    Browser().post("/mcp", json.dumps(body), content_type="application/json", headers=headers)
    event = Event.objects.latest("pk")
    assert (event.outcome, event.actors) == ("refused", BILLING)


def test_tool_sees_them(received: str, billing: Asker) -> None:
    seen = []

    @tool(read_only=True)
    def look(context: Context) -> None:
        """Look."""
        seen.append(context.principal.actors)

    call(exchange(billing, received, resource=RESOURCE).json()["access_token"], "look")
    assert seen == [BILLING]


def test_call_with_an_exchanged_token_costs_no_query_more(received: str, billing: Asker) -> None:
    def statements(token: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            call(token, text="a")
        return verbs_of(queries)

    own_token = App.register().connect()["access_token"]
    exchanged = exchange(billing, received, resource=RESOURCE).json()["access_token"]
    call(own_token, text="a"), call(exchanged, text="a")
    assert statements(exchanged) == statements(own_token)


def test_page_of_the_event_names_them_and_links_to_those_that_it_knows(
    received: str, billing: Asker, own: Asker, admin_client: Browser
) -> None:
    ledger = make_resource(LEDGER, "Ledger")
    allow(billing, ledger)
    allow(ledger, own)
    first = exchange(billing, received).json()["access_token"]
    event = call(exchange(ledger, first, resource=RESOURCE).json()["access_token"], text="a")
    address = reverse("admin:oauth_mcp_event_change", args=[event.pk])
    of_billing = reverse("admin:oauth_mcp_protectedresource_change", args=[billing.row.pk])
    page = admin_client.get(address).text
    assert f'({LEDGER}), called by <a href="{of_billing}">Billing server</a> ({BILLING})' in page
    billing.row.delete()
    assert f"({LEDGER}), called by {BILLING}<" in admin_client.get(address).text


def test_export_names_them(received: str, billing: Asker, admin_client: Browser) -> None:
    event = call(exchange(billing, received, resource=RESOURCE).json()["access_token"], text="a")
    export = admin_client.get(reverse("admin:oauth_mcp_event_export", args=["jsonl"]))
    rows = [json.loads(line) for line in export.getvalue().decode().splitlines()]
    assert next(row for row in rows if row["id"] == event.pk)["actors"] == BILLING
