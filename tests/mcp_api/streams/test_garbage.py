"""A call that has ended is freed at once: its arguments may be large, and the garbage collector comes late."""

import gc
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mcp_api import Context, ToolError, tool
from mcp_api.calls.call import Call
from mcp_api.execution.exchange import Exchange
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import modern

pytestmark = pytest.mark.django_db


@pytest.fixture
def tools(tools: Any) -> Any:
    @tool(read_only=True)
    def speak(context: Context, fail: str = "") -> str:
        """Speak, and perhaps fail."""
        context.progress(1)
        if fail == "tool":
            raise ToolError("on purpose")
        if fail:
            raise RuntimeError("on purpose")
        return "done"

    return tools


@pytest.fixture
def uncollected() -> Iterator[Callable[[], list[Any]]]:
    """The calls that are kept, while nothing is collected."""
    gc.disable()
    # What there is already is not searched.
    gc.freeze()
    # pytest keeps the exceptions that are logged, and with them their frames.
    logging.disable()
    try:
        # By type(), as isinstance() would evaluate the lazy objects that other tests have left.
        yield lambda: [each for each in gc.get_objects() if issubclass(type(each), (Exchange, Call))]
    finally:
        gc.unfreeze()
        gc.enable()
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/event-stream"])
@pytest.mark.parametrize("arguments", [{}, {"fail": "tool"}, {"fail": "defect"}, {"unknown": 1}])
def test_finished_call_leaves_nothing_to_the_garbage_collector(
    caller: Caller, tools: Any, uncollected: Callable[[], list[Any]], accept: str, arguments: dict[str, Any]
) -> None:
    body, headers = modern("tools/call", {"name": "speak", "arguments": arguments})
    body["params"]["_meta"]["progressToken"] = 1
    response = caller.send(body, {**headers, "Accept": accept})
    content = b"".join(response) if response.streaming else response.content
    assert b"jsonrpc" in content
    response.close()
    del response
    assert uncollected() == []
