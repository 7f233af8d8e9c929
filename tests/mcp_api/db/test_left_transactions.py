"""A transaction that the work of a thread does not leave."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from mcp_api.db.own_connections import own_connections

pytestmark = pytest.mark.django_db(transaction=True)


def write_and_leave() -> None:
    transaction.atomic().__enter__()
    User.objects.create(username="left open")


def write_leave_and_close() -> None:
    write_and_leave()
    connection.close()


def fail() -> None:
    write_and_leave()
    raise KeyboardInterrupt


@pytest.mark.parametrize("leave", [write_and_leave, write_leave_and_close, fail])
def test_transaction_that_work_leaves_open_is_rolled_back_and_the_next_work_goes_on(
    leave: Callable[[], None],
) -> None:
    found: list[int] = []

    def work(act: Callable[[], object]) -> None:
        with own_connections():
            act()

    with ThreadPoolExecutor(1) as threads:
        left = threads.submit(work, leave).exception(30)
        assert (left is None) == (leave is not fail)
        threads.submit(work, lambda: found.append(User.objects.count())).result(30)
        threads.submit(work, lambda: User.objects.create(username="next")).result(30)
        threads.submit(connections.close_all).result(30)
    assert found == [0]
    assert list(User.objects.values_list("username", flat=True)) == ["next"]
