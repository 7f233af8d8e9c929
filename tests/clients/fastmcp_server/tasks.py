"""A program that runs a tool as a task by FastMCP's package `fastmcp_tasks`, and prints what became of it as JSON.

It is run in the environment of requirements.txt beside it: tasks.py URL {call|follow|cancel} TOOL ARGUMENTS
"""

import asyncio
import json
import sys
from typing import Any

from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp.client.elicitation import ElicitResult
from fastmcp_tasks import call_tool_task  # its import teaches every client about tasks
from key_value.aio.stores.memory import MemoryStore


async def answer(message: str, form: Any, *_: object) -> ElicitResult[Any]:
    """Say yes, and Oslo where a city is asked for."""
    known = {"city": "Oslo", "confirmed": True}
    wanted = form.__dataclass_fields__
    return ElicitResult(action="accept", content={name: known[name] for name in wanted})


async def call(client: Any, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    return {"text": result.content[0].text, "structured": result.structured_content}


async def follow(client: Any, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    task = await call_tool_task(client, tool, arguments)
    result = await task.result()
    return {"status": (await task.status()).status, "text": result.content[0].text}


async def cancel(client: Any, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    task = await call_tool_task(client, tool, arguments)
    await task.cancel()
    return {"status": (await task.status()).status}


async def main(url: str, deed: str, tool: str, arguments: str) -> None:
    oauth = OAuth(url, token_storage=MemoryStore(), client_name="fastmcp_tasks test")
    async with Client(url, auth=oauth, elicitation_handler=answer) as client:
        done = {"call": call, "follow": follow, "cancel": cancel}[deed]
        print(json.dumps(await done(client, tool, json.loads(arguments))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
