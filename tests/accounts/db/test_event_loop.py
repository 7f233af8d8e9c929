"""Database access of an event loop: several requests in one statement, each with an outcome of its own."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from accounts import event_loop
from accounts.audit import async_writer
from accounts.db.async_connection import LoopConnection, django_connection
from accounts.db.batches import MOST_AT_ONCE, Batches
from accounts.models import Event
from accounts.resource_server import token_lookup
from tests.support.event_loop import run
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

on_postgres = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


# --- Batches -----------------------------------------------------------------------------------


def batches_of(done: list[list[int]]) -> Batches[int, int]:
    async def work(items: Sequence[int]) -> list[int | Exception]:
        done.append(list(items))
        await asyncio.sleep(0)
        return [ValueError(str(item)) if item < 0 else item * 2 for item in items]

    return Batches(work)


def test_queries_that_arrive_during_a_batch_are_the_next_batch() -> None:
    done: list[list[int]] = []

    async def work() -> None:
        batches = batches_of(done)
        first = asyncio.create_task(batches.add(1))
        while not done:
            await asyncio.sleep(0)
        assert await asyncio.gather(first, batches.add(2), batches.add(3)) == [2, 4, 6]
        assert await batches.add(4) == 8

    run(work)
    assert done == [[1], [2, 3], [4]]


def test_batch_has_its_limit() -> None:
    done: list[list[int]] = []

    async def work() -> Sequence[int]:
        batches = batches_of(done)
        return await asyncio.gather(*(batches.add(number) for number in range(MOST_AT_ONCE + 1)))

    assert run(work) == [2 * number for number in range(MOST_AT_ONCE + 1)]
    assert [len(batch) for batch in done] == [MOST_AT_ONCE, 1]


def test_one_that_fails_costs_the_others_nothing() -> None:
    async def work() -> Sequence[Any]:
        batches = batches_of([])
        return await asyncio.gather(batches.add(1), batches.add(-1), batches.add(2), return_exceptions=True)

    one, failed, two = run(work)
    assert (one, str(failed), two) == (2, "-1", 4)


def test_all_of_a_batch_learn_why_it_was_not_done() -> None:
    async def fail(items: Sequence[int]) -> list[int]:
        raise OperationalError("away")

    async def work() -> Sequence[Any]:
        batches: Batches[int, int] = Batches(fail)
        return await asyncio.gather(batches.add(1), batches.add(2), return_exceptions=True)

    assert [str(error) for error in run(work)] == ["away", "away"]


def test_a_cancelled_query_does_not_delay_the_others() -> None:
    async def work() -> int:
        batches = batches_of([])
        gone, stays = asyncio.create_task(batches.add(1)), asyncio.create_task(batches.add(2))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert run(work) == 4


# --- Tokens and events -------------------------------------------------------------------------


@pytest.fixture
def raw_tokens(transactional_db: None) -> list[str]:
    return [make_tokens(make_authorization(make_user(), make_client()))[2] for _ in range(5)]


class TestOnPostgreSQL:
    pytestmark = on_postgres

    def test_each_gets_the_row_of_its_own_token(self, raw_tokens: list[str]) -> None:
        async def work() -> Sequence[Any]:
            presented = [*raw_tokens, "of nobody", *raw_tokens]
            return await asyncio.gather(*(event_loop.find_token(raw) for raw in presented))

        found = run(work)
        assert found[5] is None
        keys = [token.pk for token in found if token is not None]
        assert keys[:5] == keys[5:]
        assert len(set(keys)) == 5
        assert [token.user.pk for token in found[:5]] == [token.user_id for token in found[6:]]

    def test_connection_that_died_is_replaced_unnoticed(self, raw_tokens: list[str]) -> None:
        async def work() -> None:
            assert await event_loop.find_token(raw_tokens[0])
            await event_loop.write(Event(kind="mcp", outcome="ok"))
            await asyncio.to_thread(end_connections)
            assert await event_loop.find_token(raw_tokens[0])
            await event_loop.write(Event(kind="mcp", outcome="ok"))

        run(work)
        assert Event.objects.count() == 2

    def test_connection_that_is_forgotten_while_it_is_in_use_is_left_in_peace(self, transactional_db: None) -> None:
        async def work() -> tuple[Any, Any]:
            kept = LoopConnection()
            try:
                under_way = asyncio.create_task(kept.run("SELECT pg_backend_pid(), pg_sleep(0.2)::text", []))
                await asyncio.sleep(0.1)
                kept.forget()
                [before] = await under_way
                [after] = await kept.run("SELECT pg_backend_pid()", [])
                return before[0], after[0]
            finally:
                await kept.close()

        before, after = run(work)
        assert before != after

    def test_plans_that_were_forgotten_are_made_anew(self, raw_tokens: list[str]) -> None:
        async def work() -> None:
            for _ in range(2):
                assert await event_loop.find_token(raw_tokens[0])
                await event_loop.write(Event(kind="mcp", outcome="ok"))
                for kept in (token_lookup._connection, async_writer._connection):
                    assert kept._raw is not None
                    # Outside psycopg, so that it does not notice, as after a migration of the tables.
                    kept._raw.pgconn.exec_(b"DEALLOCATE ALL")

        run(work)
        assert Event.objects.count() == 2

    def test_event_that_cannot_be_written_costs_the_others_nothing(self, transactional_db: None) -> None:
        async def work() -> Sequence[Any]:
            good, bad = Event(kind="mcp", outcome="ok"), Event(kind="too long for its column", outcome="ok")
            return await asyncio.gather(
                event_loop.write(good),
                event_loop.write(bad),
                event_loop.write(Event(kind="mcp", outcome="failed")),
                return_exceptions=True,
            )

        first, error, last = run(work)
        assert (first, last) == (None, None)
        assert isinstance(error, DataError)
        assert list(Event.objects.order_by("outcome").values_list("kind", "outcome")) == [
            ("mcp", "failed"),
            ("mcp", "ok"),
        ]

    def test_database_that_is_away_is_djangos_error(
        self, transactional_db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away = {**django_connection.get_connection_params(), "port": 1, "connect_timeout": 1}
        monkeypatch.setattr(django_connection, "get_connection_params", lambda: away)

        async def work() -> None:
            with pytest.raises(OperationalError):
                await event_loop.find_token("any")
            with pytest.raises(OperationalError):
                await event_loop.write(Event(kind="mcp", outcome="ok"))

        run(work)

    def test_plans_are_few(self) -> None:
        assert {token_lookup._power_of_two(count) for count in range(1, MOST_AT_ONCE + 1)} == {1, 2, 4, 8, 16, 32}


def end_connections() -> None:
    """End the connections of the event loop, as a restart of PostgreSQL does."""
    try:
        with connection.cursor() as cursor:
            for kept in (token_lookup._connection, async_writer._connection):
                assert kept._raw is not None
                cursor.execute("SELECT pg_terminate_backend(%s)", [kept._raw.info.backend_pid])
    finally:
        connection.close()
