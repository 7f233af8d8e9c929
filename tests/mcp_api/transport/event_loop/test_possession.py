"""Bound tokens on the event loop: the same rules as in tests/mcp_api/transport/test_possession.py."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts import background
from accounts.dpop import async_replays, replays
from accounts.dpop.proofs import Proof
from accounts.models import UsedProof
from tests.mcp_api.conftest import Caller, make_caller
from tests.mcp_api.transport.event_loop.conftest import Loop, Post, Reply, post
from tests.support.event_loop import run
from tests.support.oauth.dpop import Prover

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@pytest.fixture
def prover() -> Prover:
    return Prover()


@pytest.fixture
def bound(transactional_db: None, prover: Prover, monkeypatch: pytest.MonkeyPatch) -> Caller:
    # No deletion is due: in tests it would run in the event loop, and not in another thread.
    monkeypatch.setattr(replays, "_deleted_at", time.monotonic() + 600)
    return make_caller(dpop_jkt=prover.thumbprint)


def with_headers(caller: Caller, headers: dict[str, str]) -> Post:
    plain = post(caller)
    return Post(plain.body, {**plain.headers, **headers})


def refusal(reply: Reply) -> Any:
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("DPoP error=")
    return json.loads(reply.body)["error"]


def test_a_bound_token_is_served_with_a_proof(loop: Loop, bound: Caller, prover: Prover) -> None:
    [reply] = loop.send(with_headers(bound, prover.for_mcp(bound.raw)))
    assert reply.result["structuredContent"] == {"result": "hi"}
    assert reply.headers["dpop-nonce"]


def test_of_many_requests_with_one_proof_one_is_served(loop: Loop, bound: Caller, prover: Prover) -> None:
    same, other = prover.for_mcp(bound.raw), prover.for_mcp(bound.raw)
    replies = loop.send(*[with_headers(bound, same)] * 60, with_headers(bound, other))
    assert sorted(reply.status for reply in replies) == [200] * 2 + [401] * 59
    assert UsedProof.objects.count() == 2


def test_every_wrong_way_is_refused(loop: Loop, bound: Caller, prover: Prover) -> None:
    proof = prover.for_mcp(bound.raw)
    replies = loop.send(
        post(bound),
        with_headers(bound, Prover().for_mcp(bound.raw)),
        with_headers(bound, {**proof, "DPoP": ""}),
        with_headers(bound, prover.for_mcp(bound.raw, method="GET")),
        with_headers(bound, prover.for_mcp(bound.raw, iat=7)),
    )
    errors = ["invalid_token", "invalid_token", "invalid_dpop_proof", "invalid_dpop_proof", "use_dpop_nonce"]
    assert [refusal(reply) for reply in replies] == errors
    assert not UsedProof.objects.exists()


def test_two_dpop_headers_are_refused(loop: Loop, bound: Caller, prover: Prover) -> None:
    request = with_headers(bound, prover.for_mcp(bound.raw))
    headers = request.as_scope()["headers"]
    second = (b"dpop", prover.proof("POST", "http://localhost/mcp", bound.raw).encode())
    [reply] = loop.send(Post(request.body, {}, {"headers": [*headers, second]}))
    assert refusal(reply) == "invalid_dpop_proof"


def test_two_authorization_headers_are_refused(loop: Loop, bound: Caller, prover: Prover) -> None:
    request = with_headers(bound, prover.for_mcp(bound.raw))
    headers = request.as_scope()["headers"]
    [reply] = loop.send(
        Post(request.body, {}, {"headers": [*headers, (b"authorization", b"Bearer " + bound.raw.encode())]})
    )
    assert reply.status == 401


def test_a_broken_connection_is_replaced(loop: Loop, bound: Caller, prover: Prover) -> None:
    async def twice() -> list[Reply]:
        first = await loop.sent(with_headers(bound, prover.for_mcp(bound.raw)))
        raw = async_replays._connection._raw
        assert raw is not None
        await raw.close()
        return [first, await loop.sent(with_headers(bound, prover.for_mcp(bound.raw)))]

    assert [reply.status for reply in run(twice)] == [200, 200]


def test_a_request_for_which_proofs_are_deleted_keeps_no_connection_of_djangos(
    bound: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream closes the connections that its request has, which is not possible in an event loop."""
    monkeypatch.setattr(background, "run_in_background", lambda work: None)
    monkeypatch.setattr(replays, "_deleted_at", time.monotonic() - replays.DELETION_SECONDS)

    async def connections_after_use() -> int:
        await async_replays.use(Proof("thumbprint", "identifier", ""))
        await async_replays.close()
        return len(connections.all(initialized_only=True))

    with ThreadPoolExecutor(1) as loops:
        assert loops.submit(lambda: asyncio.run(connections_after_use())).result() == 0


def test_expired_proofs_are_deleted_meanwhile(
    loop: Loop, bound: Caller, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    UsedProof.objects.create(identifier="old", expires_at=int(time.time()) - 1)
    UsedProof.objects.create(identifier="new", expires_at=int(time.time()) + 60)
    monkeypatch.setattr(replays, "_deleted_at", time.monotonic() - replays.DELETION_SECONDS)
    replays.delete_expired_if_due()
    assert list(UsedProof.objects.values_list("identifier", flat=True)) == ["new"]
