"""openid-client, unchanged, connects from a device by a code (RFC 8628), and the MCP SDK uses its token."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.clients.nodejs import FOLDER, NODE
from tests.clients.python_sdk import text_of
from tests.support.people.browser import FormReader, Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.usefixtures("node_packages")


class Device:
    """The program on the device: `asked` is what it shows, and `result` waits for how it ends."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.asked: dict[str, Any] = self.result()

    def result(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def device(server: LiveServer) -> Iterator[Device]:
    command = [str(NODE), str(FOLDER / "device.mjs"), server.url, server.mcp_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Device(process)
        finally:
            process.kill()


def echo(server: LiveServer, token: str) -> str:
    async def call() -> str:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(server.mcp_url, http_client=http)) as client,
        ):
            return text_of(await client.call_tool("echo", {"text": "from a shell"}))

    return anyio.run(call)


def test_device_of_openid_client_calls_a_tool_once_the_person_has_approved(server: LiveServer) -> None:
    with device(server) as shell:
        assert shell.asked["interval"] == 5
        Person("demo", "demo123").approve_device(shell.asked["verification_uri_complete"])
        result = shell.result()
    assert result["tokens"]["scope"] == "read"
    assert echo(server, result["renewed"]["access_token"]) == "from a shell"


def test_device_of_openid_client_ends_when_the_person_cancels(server: LiveServer) -> None:
    demo = Person("demo", "demo123")
    with device(server) as shell:
        page = demo.confirm_code(shell.asked["verification_uri_complete"])
        [form] = [form for form in FormReader.read(page.text) if ("decision", "cancel") in form.buttons]
        answer = {**dict(form.fields), "decision": "cancel"}
        headers = {"Origin": server.url, "Referer": str(page.url)}
        httpx2.post(server.url + form.action, data=answer, headers=headers, cookies=demo.cookies)
        assert shell.result() == {"error": "access_denied"}
