"""Connections that calls hold at a time, and their checks (accounts/db/connection_pool.py)."""

import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connection

from accounts.db.connection_pool import ConnectionQuota, is_quiet
from tests.support.patience import PATIENCE_SECONDS

ADA, BOB, CARL = 1, 2, 3


def taken(quota: ConnectionQuota, person: int) -> int:
    """Take all connections that `person` may hold, and return their number."""
    number = 0
    while True:
        try:
            quota.acquire(person, lambda: False)
        except OperationalError:
            return number
        number += 1


def test_a_person_holds_at_most_as_many_connections_as_are_left() -> None:
    quota = ConnectionQuota(20)
    assert [taken(quota, person) for person in (ADA, BOB, CARL)] == [10, 5, 3]


def test_a_call_waits_for_a_connection_until_one_is_given_back() -> None:
    quota = ConnectionQuota(2)
    quota.acquire(ADA, lambda: True)
    waiting = threading.Thread(target=quota.acquire, args=(ADA, lambda: True))
    waiting.start()
    quota.release(ADA)
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()


def test_a_call_that_is_given_up_waits_for_no_connection_any_more() -> None:
    quota = ConnectionQuota(2)
    quota.acquire(ADA, lambda: True)
    with pytest.raises(OperationalError, match="given up"):
        quota.acquire(ADA, lambda: False)


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_a_connection_that_the_server_has_ended_is_seen_at_its_socket() -> None:
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as ended:
        assert is_quiet(ended)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [ended.info.backend_pid])
        until = time.monotonic() + PATIENCE_SECONDS
        while is_quiet(ended) and time.monotonic() < until:
            time.sleep(0.01)
        assert not is_quiet(ended)
