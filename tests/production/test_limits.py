"""Limits of several processes are one, on either database and on Redis, which may go."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.server import LiveServer

CLIENT = {"client_name": "App", "redirect_uris": ["http://localhost:8080/callback"]}


def test_two_processes_share_one_count(template: Template) -> None:
    with LiveServer(template, env={"LIMIT_REGISTRATIONS_ADDRESS": "10/hour"}) as server:

        def register(_: int) -> int:
            return httpx2.post(f"{server.url}/oauth/register", json=CLIENT, timeout=30).status_code

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(register, range(30)))
    assert sorted(answers) == [201] * 10 + [429] * 20


def test_two_processes_let_no_more_calls_through_than_the_limit(template: Template) -> None:
    """Each may keep what is left of its block: four calls of 200.

    On SQLite, a call is not counted while another process writes for long (accounts/db/writer_lock.py).
    """
    with LiveServer(template, env={"LIMIT_CALLS_PERSON": "200/day"}) as server:
        wire = Wire(server)
        call = wire.modern("tools/list", {})
        with ThreadPoolExecutor(8) as threads:
            answers = Counter(threads.map(lambda _: wire.post(**call).status_code, range(260)))
        uncounted = 0 if server.database.cluster else 8
    assert answers.keys() == {200, 429}
    assert 200 - 2 * 4 <= answers[200] <= 200 + uncounted


@pytest.mark.any_database
def test_calls_are_counted_on_redis_and_answered_without_it(template: Template) -> None:
    with RedisServer() as redis:
        env = {"REDIS_URL": redis.url, "LIMIT_CALLS_PERSON": "5/hour"}
        with LiveServer(template, env=env) as server:
            wire = Wire(server)
            answers = [wire.post(**wire.modern("tools/list", {})).status_code for _ in range(8)]
            assert answers == [200] * 5 + [429] * 3
            redis.stop()
            # The database counts from nothing, for both processes.
            answers = [wire.post(**wire.modern("tools/list", {})).status_code for _ in range(8)]
            assert answers == [200] * 5 + [429] * 3
            assert "the database takes its place" in server.log
