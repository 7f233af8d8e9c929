"""@modelcontextprotocol/sdk 1.x: on a 401 it refreshes, each of several calls for itself and all at once.

It takes a 401 that arrives while another call's refresh has just succeeded for a loop and gives
that one call up, whatever a server does; no token is lost by it, so the next call is answered.
"""

from collections.abc import Iterator

import pytest

from tests.clients.expiry import end_authorizations, expire_access_tokens
from tests.clients.nodejs import Driver
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

OWN_BRAKE = "Server returned 401 after successful authentication"


@pytest.fixture
def driver(server: LiveServer, node_packages: None) -> Iterator[Driver]:
    with Driver("sdk-1.mjs", server, "forgetful") as running:
        yield running


def test_typescript_sdk_1_signs_in_and_calls_every_tool(driver: Driver) -> None:
    assert driver.ask("connect") == "2025-11-25"
    assert {tool["name"] for tool in driver.ask("tools")} >= {"echo", "get_time", "get_user_info"}
    assert driver.echo("Grüße, 世界") == ["Grüße, 世界"]
    assert "T" in driver.ask("call", tool="get_time", args={})[0]["content"][0]["text"]
    assert "demo" in driver.ask("call", tool="get_user_info", args={})[0]["content"][0]["text"]
    assert driver.sign_ins == 1


def test_typescript_sdk_1_refreshes_after_expiry(driver: Driver, server: LiveServer) -> None:
    driver.ask("connect")
    before = driver.memory()

    expire_access_tokens(server, before["client"]["client_id"])

    assert driver.echo("still here") == ["still here"]
    assert driver.memory()["tokens"]["refresh_token"] != before["tokens"]["refresh_token"]
    assert driver.sign_ins == 1


def test_typescript_sdk_1_makes_five_calls_at_once_after_expiry(driver: Driver, server: LiveServer) -> None:
    driver.ask("connect")
    expire_access_tokens(server, driver.memory()["client"]["client_id"])

    try:
        assert driver.echo("at once", times=5) == ["at once"] * 5
    except RuntimeError as error:
        assert OWN_BRAKE in str(error)  # noqa: PT017 - it may happen, and need not

    assert driver.echo("once more", times=5) == ["once more"] * 5
    assert driver.sign_ins == 1


def test_typescript_sdk_1_sends_the_person_round_again_when_access_was_taken_away(
    driver: Driver, server: LiveServer
) -> None:
    driver.ask("connect")
    end_authorizations(server, driver.memory()["client"]["client_id"])

    assert driver.echo("back again") == ["back again"]
    assert driver.sign_ins == 2


def test_typescript_sdk_1_signs_in_without_a_secret(server: LiveServer, node_packages: None) -> None:
    with Driver("sdk-1.mjs", server, "public") as driver:
        driver.ask("connect")

        assert driver.echo("public") == ["public"]
        assert "client_secret" not in driver.memory()["client"]
