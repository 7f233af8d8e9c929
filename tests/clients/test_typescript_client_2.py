"""@modelcontextprotocol/client 2.x: on a 401 it refreshes, each of several calls for itself and all at once.

It checks `iss` against the metadata's issuer, and ties what it stores to that issuer.
"""

from collections.abc import Iterator

import pytest

from tests.clients.expiry import end_authorizations, expire_access_tokens
from tests.clients.nodejs import Driver
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(params=VERSIONS)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def driver(server: LiveServer, mode: str, node_packages: None) -> Iterator[Driver]:
    with Driver("client-2.mjs", server, mode) as running:
        yield running


def test_typescript_client_2_signs_in_and_calls_every_tool(driver: Driver, mode: str) -> None:
    assert driver.ask("connect") == VERSIONS[mode]
    assert {tool["name"] for tool in driver.ask("tools")} >= {"echo", "get_time", "get_user_info"}
    assert driver.echo("Grüße, 世界") == ["Grüße, 世界"]
    assert "T" in driver.ask("call", tool="get_time", args={})[0]["content"][0]["text"]
    assert "demo" in driver.ask("call", tool="get_user_info", args={})[0]["content"][0]["text"]
    assert driver.sign_ins == 1


def test_typescript_client_2_refreshes_after_expiry(driver: Driver, server: LiveServer) -> None:
    driver.ask("connect")
    before = driver.memory()

    expire_access_tokens(server, before["client"]["client_id"])

    assert driver.echo("still here") == ["still here"]
    assert driver.memory()["tokens"]["refresh_token"] != before["tokens"]["refresh_token"]
    assert driver.sign_ins == 1


def test_typescript_client_2_makes_five_calls_at_once_after_expiry(driver: Driver, server: LiveServer) -> None:
    driver.ask("connect")
    expire_access_tokens(server, driver.memory()["client"]["client_id"])

    assert driver.echo("at once", times=5) == ["at once"] * 5
    assert driver.sign_ins == 1


def test_typescript_client_2_sends_the_person_round_again_when_access_was_taken_away(
    driver: Driver, server: LiveServer
) -> None:
    driver.ask("connect")
    end_authorizations(server, driver.memory()["client"]["client_id"])

    assert driver.echo("back again") == ["back again"]
    assert driver.sign_ins == 2


def test_typescript_client_2_signs_in_without_a_secret(server: LiveServer, node_packages: None) -> None:
    with Driver("client-2.mjs", server, "auto", "public") as driver:
        driver.ask("connect")

        assert driver.echo("public") == ["public"]
        assert "client_secret" not in driver.memory()["client"]
