"""The SDK's client in each of its modes."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from tests.streams.python_sdk.guest import VERSIONS, Do, Result, connected
from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer


@pytest.fixture(params=VERSIONS)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def use(server: LiveServer, mode: str) -> Callable[..., Any]:
    """Connect, do something, disconnect, and return what came of it."""

    def run(do: Do[Result], **options: Any) -> Result:
        async def main() -> Result:
            async with connected(Wire(server), mode, **options) as guest:
                return await do(guest)

        return anyio.run(main)

    return run
