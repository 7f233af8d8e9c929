"""Streams of a token that is bound to a key: each request takes its own proof, and the token's end is theirs too."""

import time
from typing import Any

import pytest

from tests.streams.possession.bound_wire import Possession
from tests.streams.wire import Stream
from tests.support.servers.server import LiveServer

# An open stream checks its token every two seconds. The rest is for a busy machine.
END_SECONDS = 2.5


@pytest.fixture
def wire(server: LiveServer) -> Possession:
    return Possession(server)


@pytest.fixture
def session(wire: Possession) -> Possession:
    wire.initialize()
    return wire


def refusal(wire: Possession, method: str, sent: dict[str, Any], proof: dict[str, str]) -> str:
    """Return the error for a request with the headers `proof`."""
    with wire.stream(method, **{**sent, "headers": {**sent["headers"], **proof}}) as stream:
        stream.response.read()
        assert stream.response.status_code == 401
        return str(stream.response.json()["error"])


def takes_its_own_proof(wire: Possession, method: str, sent: dict[str, Any]) -> None:
    """Fail unless the request is refused with a proof that was used, without any, and with one of another method."""
    used = wire.proof(method)
    with wire.stream(method, **{**sent, "headers": {**sent["headers"], **used}}) as stream:
        assert stream.response.status_code == 200
        stream.next()
    assert refusal(wire, method, sent, used) == "invalid_dpop_proof"
    assert refusal(wire, method, sent, {"DPoP": ""}) == "invalid_dpop_proof"
    assert refusal(wire, method, sent, wire.proof("DELETE")) == "invalid_dpop_proof"
    assert refusal(wire, method, sent, {"Authorization": f"Bearer {wire.token}"}) == "invalid_token"


def ends_with_its_token(wire: Possession, stream: Stream) -> list[Any]:
    """Return the messages after the authorization was revoked. Fail unless the stream ends soon."""
    wire.revoke()
    revoked = time.monotonic()
    messages = stream.messages()
    assert time.monotonic() - revoked < END_SECONDS
    return messages


def listener(wire: Possession) -> dict[str, Any]:
    return wire.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})


def legacy_stream(session: Possession, **headers: str) -> dict[str, Any]:
    return {"headers": {**session.legacy_headers, "Accept": "text/event-stream", **headers}}


def test_the_stream_of_a_session_takes_its_own_proof(session: Possession) -> None:
    takes_its_own_proof(session, "GET", legacy_stream(session))


def test_the_stream_of_a_session_ends_with_its_token(session: Possession) -> None:
    with session.get() as stream:
        stream.next()
        assert ends_with_its_token(session, stream) == []


def test_a_listener_takes_its_own_proof(wire: Possession) -> None:
    takes_its_own_proof(wire, "POST", listener(wire))


def test_a_listener_ends_with_its_token(wire: Possession) -> None:
    with wire.stream(**listener(wire)) as stream:
        stream.message()
        assert not [message for message in ends_with_its_token(wire, stream) if "method" in message]


def test_a_streamed_call_takes_its_own_proof(wire: Possession) -> None:
    takes_its_own_proof(wire, "POST", wire.tool("count", to=1))


def test_a_streamed_call_ends_with_its_token(wire: Possession) -> None:
    with wire.stream(**wire.tool("count", to=600, pause=0.05)) as stream:
        stream.message()
        assert "counted" not in str(ends_with_its_token(wire, stream))


def test_a_stream_is_resumed_with_its_own_proof(session: Possession) -> None:
    with session.stream(**session.legacy_tool("leave", seconds=0.5)) as stream:
        last = list(stream)[-1].id
    takes_its_own_proof(session, "GET", legacy_stream(session, **{"Last-Event-ID": last}))


def test_a_resumed_stream_ends_with_its_token(session: Possession) -> None:
    with session.stream(**session.legacy_tool("leave", seconds=20)) as stream:
        last = list(stream)[-1].id
    with session.get(**{"Last-Event-ID": last}) as stream:
        stream.message()
        assert "worth" not in str(ends_with_its_token(session, stream))
