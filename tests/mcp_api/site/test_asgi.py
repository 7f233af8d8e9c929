"""Bodies of requests to the MCP endpoint under the ASGI server of another site."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from mcp_api.calls.incoming import Headers
from mcp_api.site.asgi import LimitedBody, common_headers
from mcp_api.transport.asgi import ClientDisconnected, read_body


async def body_of(pieces: Iterable[bytes], *, at_most: int, seconds: float = 5) -> bytes:
    """The body that the endpoint reads from `pieces`, after which the server sends nothing more."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else await asyncio.Future[dict[str, Any]]()

    return await read_body(LimitedBody(receive, at_most, seconds).receive)


@pytest.mark.parametrize("pieces", [[b"x" * 11], [b"x" * 6, b"x" * 6], [b"x"] * 1000])
def test_body_is_cut_off_one_octet_after_the_limit(pieces: list[bytes]) -> None:
    assert asyncio.run(body_of(pieces, at_most=10)) == b"x" * 11


def test_body_that_does_not_arrive_counts_as_a_disconnect() -> None:
    with pytest.raises(ClientDisconnected):
        asyncio.run(body_of([b"x"], at_most=10, seconds=0.01))


def test_complete_body_is_passed_on_and_then_the_disconnect() -> None:
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"x" * 10}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def received() -> list[Any]:
        body = LimitedBody(receive, 10)
        return [await read_body(body.receive), await body.receive()]

    assert asyncio.run(received()) == [b"x" * 10, {"type": "http.disconnect"}]


def test_reply_has_no_header_for_another_origin() -> None:
    scope = {"type": "http", "method": "POST", "path": "/mcp"}
    headers = Headers([(b"origin", b"https://evil.example")])
    names = {name for name, _ in common_headers(scope, headers)}
    assert names == {b"x-content-type-options", b"referrer-policy", b"x-frame-options", b"vary"}
