"""A call's own connection, which another thread takes away once the call was given up."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from accounts.db.connection_pool import ConnectionQuota
from mcp_api.db import revocable_connection
from mcp_api.db.revocable_connection import RevocableConnection
from mcp_api.execution.async_attempts import OwnExecutor

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = 1


def test_a_call_that_makes_no_statement_takes_no_connection() -> None:
    def attempt() -> bool:
        revocable = RevocableConnection(PERSON)
        revocable.take()
        connected = connection.connection is not None
        assert not revocable.release()
        return connected

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(attempt).result() is False


def test_a_call_that_was_given_up_before_its_first_statement_makes_none() -> None:
    def attempt() -> None:
        revocable = RevocableConnection(PERSON)
        revocable.take()
        assert revocable.revoke()
        try:
            for _ in range(2):
                with pytest.raises(OperationalError, match="given up"), connection.cursor():
                    pass
        finally:
            assert revocable.release()
        assert connection.connection is None

    with ThreadPoolExecutor(1) as threads:
        threads.submit(attempt).result()


@pytest.mark.postgres_only
def test_a_call_may_give_its_connection_back_before_its_tool_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    quota = ConnectionQuota(2)
    monkeypatch.setattr(revocable_connection, "_places", quota)
    monkeypatch.setattr(settings, "DATABASE_POOL", 8)

    def attempt() -> list[int]:
        revocable, held = RevocableConnection(PERSON), []
        revocable.take()
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            held.append(quota._in_use.total())
            connection.close_at = 0.0
            revocable.lend()
            held.append(quota._in_use.total())
        revocable.release()
        connection.close()
        return held

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(attempt).result() == [1, 0, 1, 0]


@pytest.mark.postgres_only
def test_an_async_tool_keeps_no_connection_between_what_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    quota = ConnectionQuota(2)
    monkeypatch.setattr(revocable_connection, "_places", quota)
    monkeypatch.setattr(settings, "DATABASE_POOL", 8)

    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close_at = 0.0
        return quota._in_use.total()

    executor = OwnExecutor(PERSON)
    for _ in range(2):
        assert executor.submit(ask).result() == 1
        assert executor.submit(lambda: connection.connection).result() is None
        assert quota._in_use.total() == 0
    executor.shutdown(wait=True)
