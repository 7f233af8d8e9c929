"""docs/device.md: its commands, run as they are written, connect a device, which then calls a tool."""

import json

import pytest

from tests.manual.commands import commands_of, run
from tests.support.oauth.http_client import App
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PAGE = "device.md"


def test_commands_connect_a_device_which_calls_a_tool(server: LiveServer) -> None:
    register, ask, redeem = commands_of(PAGE, "curl")
    client_id = json.loads(run(register, server))["client_id"]
    asked = json.loads(run(ask, server, CLIENT_ID=client_id))
    values = {"CLIENT_ID": client_id, "DEVICE_CODE": asked["device_code"]}
    assert json.loads(run(redeem, server, **values))["error"] == "authorization_pending"

    Person("demo", "demo123").approve_device(asked["verification_uri_complete"])
    let_the_interval_pass(server)
    tokens = json.loads(run(redeem, server, **values))
    assert (tokens["scope"], "refresh_token" in tokens) == ("read", True)
    called = App(server, client_id, "").call_tool(tokens["access_token"], "get_user_info")
    assert (called.status_code, "demo" in called.text) == (200, True), called.text


def let_the_interval_pass(server: LiveServer) -> None:
    server.shell(
        "from django.utils import timezone\nfrom accounts.models import DeviceCode\n"
        "DeviceCode.objects.update(next_poll_at=timezone.now())"
    )
