"""SQLite has one writer: while a tool writes for long, nobody who only reads waits for it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from tests.streams.conftest import serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.patience import eventually

HOLDS_SECONDS = 8


@contextmanager
def writing(wire: Wire, seconds: float = HOLDS_SECONDS) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(wire.post, **wire.tool("write_slowly", name="Ada", seconds=seconds))
        time.sleep(1)
        yield
        done.result()


@pytest.fixture(scope="module")
def wire(template: Template) -> Iterator[Wire]:
    with serve(template, "gthread") as server:
        yield Wire(server)


def cancellation(wire: Wire, request_id: str | int) -> dict[str, Any]:
    params = {"requestId": request_id}
    body = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
    return {"json": body, "headers": wire.legacy_headers}


@pytest.fixture
def reads(wire: Wire) -> dict[str, dict[str, Any]]:
    """Requests that only read."""
    wire.initialize()
    return {
        "ping": wire.legacy("ping"),
        "discovery": wire.modern("server/discover", {}),
        "a list": wire.modern("tools/list", {}),
        "a tool that only reads": wire.tool("silent", seconds=0),
        "a resource": wire.modern("resources/read", {"uri": "news://sport"}),
        "an unknown tool": wire.tool("unheard-of"),
        "a notification": cancellation(wire, "none"),
        "another ping": wire.legacy("ping"),
    }


def test_requests_that_only_read_do_not_wait_for_a_tool_that_writes(
    wire: Wire, reads: dict[str, dict[str, Any]]
) -> None:
    with writing(wire):
        began = time.monotonic()
        statuses = {name: wire.post(**sent).status_code for name, sent in reads.items()}
        metadata = httpx2.get(f"{wire.server.url}/.well-known/oauth-authorization-server")
        seconds = time.monotonic() - began
    assert statuses == dict.fromkeys(reads, 200) | {"an unknown tool": 400, "a notification": 202}
    assert metadata.status_code == 200
    assert seconds < HOLDS_SECONDS / 2
    # Their events are written once the lock is free, in their order.
    actions = [("ok", ""), ("ok", "")]
    assert eventually(lambda: wire.outcomes("ping")[-2:] == actions)
    assert eventually(lambda: wire.outcomes("tools/list") == [("ok", "")])


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_writing_tool_is_cancelled_while_it_holds_the_lock(template: Template, era: str) -> None:
    """With one process, as `runserver` has it: a cancellation that reaches another one has to be written first."""
    with serve(template, "gthread", workers=1) as server:
        wire = Wire(server).initialize()
        name = f"Cancelled {era}"
        if era == "modern":
            with wire.stream(**wire.tool("write_slowly", name=name, seconds=HOLDS_SECONDS)) as stream:
                stream.message()
                cancelled = time.monotonic()
        else:
            call = wire.legacy_tool("write_slowly", name=name, seconds=HOLDS_SECONDS)
            with wire.stream(**call) as stream:
                stream.message()
                cancelled = time.monotonic()
                assert wire.post(**cancellation(wire, call["json"]["id"])).status_code == 202
        assert eventually(lambda: wire.outcomes("tools/call write_slowly") == [("failed", "cancelled")])
        assert time.monotonic() - cancelled < HOLDS_SECONDS / 2
        assert wire.first_name != name
