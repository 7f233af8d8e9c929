"""fastmcp's client goes through a skill: it lists it, reads it whole, and verifies each file."""

from typing import Any

import anyio
import pytest
from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp.skills.client import SkillsClientExtension
from key_value.aio.stores.memory import MemoryStore
from mcp import MCPError

from tests.clients.desktop import Desktop
from tests.support.servers.server import LiveServer

pytestmark = [pytest.mark.any_database, pytest.mark.filterwarnings("ignore:Using in-memory token storage")]

URI = "skill://using-this-server/SKILL.md"


def test_fastmcp_lists_and_reads_a_skill(server: LiveServer, desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", desktop.open)

    async def read_skill(client: "Client[Any]") -> None:
        [listed] = await client.list_skills()
        assert (listed.uri, listed.frontmatter.name) == (URI, "using-this-server")
        assert await client.get_skill(URI) == listed
        # It compares digests, sizes and the frontmatter.
        skill = await client.read_skill(URI)
        assert set(skill.files) == {"SKILL.md", "references/errors.md"}
        assert b"get_user_info" in skill.files["SKILL.md"]
        assert URI in {str(resource.uri) for resource in await client.list_skill_resources()}
        with pytest.raises(MCPError) as refused:
            await client.get_skill("skill://nothing/SKILL.md")
        assert refused.value.error.code == -32602

    async def main() -> None:
        oauth = OAuth(server.mcp_url, token_storage=MemoryStore(), client_name="fastmcp test")
        async with Client(server.mcp_url, auth=oauth, extensions=[SkillsClientExtension()]) as client:
            await read_skill(client)

    anyio.run(main)
