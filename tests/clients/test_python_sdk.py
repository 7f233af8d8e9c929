"""The official Python SDK signs in through its own OAuth provider and calls the tools."""

import time
from datetime import datetime, timedelta

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult

from tests.clients.expiry import expire_access_tokens
from tests.clients.python_sdk import VERSIONS, Desk, both_eras, five_times, text_of
from tests.support.servers.server import LiveServer


@pytest.fixture
def desk(server: LiveServer) -> Desk:
    return Desk(server)


@both_eras
def test_the_sdk_speaks_the_newest_version_of_its_era(desk: Desk, mode: str) -> None:
    async def version(client: Client) -> str:
        return client.protocol_version

    assert desk.use(mode, version) == VERSIONS[mode]
    assert desk.sign_ins == 1


@both_eras
def test_the_sdk_lists_the_tools(desk: Desk, mode: str) -> None:
    tools = {tool.name: tool for tool in desk.use(mode, lambda client: client.list_tools()).tools}

    assert {"echo", "get_time", "get_user_info"} <= set(tools)
    assert tools["echo"].input_schema["required"] == ["text"]
    for name in ("echo", "get_time", "get_user_info"):
        assert tools[name].description
        assert tools[name].input_schema["type"] == "object"
        assert tools[name].output_schema
        annotations = tools[name].annotations
        assert annotations is not None
        assert annotations.read_only_hint is True


@both_eras
def test_the_sdk_calls_echo(desk: Desk, mode: str) -> None:
    result = desk.use(mode, lambda client: client.call_tool("echo", {"text": "Grüße, 世界"}))

    assert not result.is_error
    assert text_of(result) == "Grüße, 世界"
    assert result.structured_content
    assert "Grüße, 世界" in result.structured_content.values()


@both_eras
def test_the_sdk_calls_get_time(desk: Desk, mode: str) -> None:
    async def ask(client: Client) -> list[CallToolResult]:
        return [await client.call_tool("get_time", zone) for zone in ({}, {"timezone": "Asia/Kolkata"})]

    anywhere, kolkata = (moment_in(result) for result in desk.use(mode, ask))

    assert anywhere.utcoffset() is not None
    assert kolkata.utcoffset() == timedelta(hours=5, minutes=30)
    assert abs(kolkata - anywhere) < timedelta(minutes=1)


@both_eras
def test_the_sdk_calls_get_user_info(desk: Desk, mode: str) -> None:
    result = desk.use(mode, lambda client: client.call_tool("get_user_info", {}))

    assert not result.is_error
    told = str(result.structured_content)
    assert "demo" in told
    assert "read" in told
    assert "SDK test" in told


@both_eras
def test_wrong_arguments_come_back_as_a_result_that_says_what_is_wrong(desk: Desk, mode: str) -> None:
    async def ask(client: Client) -> CallToolResult:
        return await client.call_tool("get_time", {"timezone": "Nowhere/Atlantis"})

    result = desk.use(mode, ask)

    assert result.is_error
    assert "Nowhere/Atlantis" in text_of(result)


@both_eras
def test_a_second_connection_needs_no_second_sign_in(desk: Desk, mode: str) -> None:
    for _ in range(2):
        desk.use(mode, lambda client: client.list_tools())

    assert desk.sign_ins == 1


@both_eras
def test_the_sdk_refreshes_by_itself(desk: Desk, mode: str) -> None:
    async def call_when_the_token_is_old(client: Client) -> CallToolResult:
        await client.list_tools()
        assert desk.memory.tokens
        used.append(desk.memory.tokens.access_token)
        desk.provider.context.token_expiry_time = time.time() - 1
        return await client.call_tool("echo", {"text": "still here"})

    used: list[str] = []
    result = desk.use(mode, call_when_the_token_is_old)

    assert text_of(result) == "still here"
    assert desk.memory.tokens
    assert desk.memory.tokens.access_token not in used
    assert desk.sign_ins == 1


@both_eras
def test_the_sdk_sends_the_person_round_again_when_the_authorization_was_revoked(
    desk: Desk, server: LiveServer, mode: str
) -> None:
    desk.use(mode, lambda client: client.list_tools())
    assert desk.memory.client
    of_this_client = f"consent__client__client_id={desk.memory.client.client_id!r}"
    server.shell(
        "from django.utils import timezone\n"
        f"Authorization.objects.filter({of_this_client}).update(revoked_at=timezone.now())"
    )

    desk.use(mode, lambda client: client.list_tools())

    assert desk.sign_ins == 2


@both_eras
def test_the_sdk_signs_in_anew_when_a_token_expires_before_its_time(desk: Desk, server: LiveServer, mode: str) -> None:
    """It refreshes by its own clock alone: to a 401 it answers with a whole new authorization."""

    async def call_with_an_old_token(client: Client) -> CallToolResult:
        await client.list_tools()
        await anyio.to_thread.run_sync(expire_access_tokens, server, desk.client_id)
        return await client.call_tool("echo", {"text": "still here"})

    assert text_of(desk.use(mode, call_with_an_old_token)) == "still here"
    assert desk.sign_ins == 2


@both_eras
@pytest.mark.parametrize("noticed_by", ["the client", "the server"])
def test_the_sdk_makes_five_calls_at_once_after_expiry(
    desk: Desk, server: LiveServer, mode: str, noticed_by: str
) -> None:
    """Its calls wait for each other: the first gets a token for all of them."""

    async def call_with_an_old_token(client: Client) -> list[CallToolResult]:
        await client.list_tools()
        await anyio.to_thread.run_sync(expire_access_tokens, server, desk.client_id)
        if noticed_by == "the client":
            desk.provider.context.token_expiry_time = time.time() - 1
        return await five_times(lambda: client.call_tool("echo", {"text": "at once"}))

    assert [text_of(result) for result in desk.use(mode, call_with_an_old_token)] == ["at once"] * 5
    assert desk.sign_ins == (1 if noticed_by == "the client" else 2)


def test_the_sdk_without_a_secret_signs_in_as_a_public_client(server: LiveServer) -> None:
    desk = Desk(server, public=True)

    result = desk.use("auto", lambda client: client.call_tool("echo", {"text": "public"}))

    assert text_of(result) == "public"
    assert desk.memory.client
    assert desk.memory.client.client_secret is None


def moment_in(result: CallToolResult) -> datetime:
    """The time that get_time told: one ISO 8601 value among its structured content, and in its text."""
    assert not result.is_error, text_of(result)
    assert result.structured_content
    [told] = [value for value in result.structured_content.values() if str(value)[:2] == "20"]
    assert told in text_of(result)
    return datetime.fromisoformat(told)
