"""The official Python SDK's client is notified of changes, and resumes a stream, in both eras."""

from typing import Any

import anyio
import mcp_types
import pytest
from mcp.client.subscriptions import ListenNotSupportedError

from tests.streams.python_sdk.guest import SOON, Guest, refusal, text_of

# The SDK warns of what the modern era is about to leave behind, which is just what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


def test_client_hears_of_changes(use: Any, mode: str):
    async def hear(guest: Guest) -> None:
        if mode == "auto":
            async with guest.client.listen(tools_list_changed=True, resource_subscriptions=["news://sport"]) as heard:
                await guest.call("announce", what="tools")
                await guest.call("announce", what="resource", uri="news://sport")
                with anyio.fail_after(SOON):
                    kinds = {type(await anext(heard)).__name__ for _ in range(2)}
            assert kinds == {"ToolsListChanged", "ResourceUpdated"}
            return
        await guest.client.subscribe_resource("news://sport")
        # The client opens its stream by itself, in its own time.
        await anyio.sleep(1)
        await guest.call("announce", what="tools")
        await guest.call("announce", what="resource", uri="news://sport")
        await guest.eventually_told("notifications/tools/list_changed")
        await guest.eventually_told("notifications/resources/updated")
        await guest.client.unsubscribe_resource("news://sport")
        with pytest.raises(ListenNotSupportedError):
            async with guest.client.listen(tools_list_changed=True):
                pass

    use(hear)


def test_legacy_client_comes_back_for_a_result(use: Any, mode: str):
    """The stream ends early; the SDK's own client takes it up again, from the last event that it saw."""
    result = use(lambda guest: guest.client.call_tool("leave", {"seconds": 1}, progress_callback=guest.progressed))
    assert text_of(result) == "worth coming back for"


def test_ping_is_of_the_legacy_era(use: Any, mode: str):
    if mode == "legacy":
        use(lambda guest: guest.client.send_ping())
        return
    assert refusal(use, lambda guest: guest.client.send_ping()).code == mcp_types.METHOD_NOT_FOUND
