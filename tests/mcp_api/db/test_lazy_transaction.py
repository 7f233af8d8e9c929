"""A tool's transaction: it begins with the first statement, and is one for Django from the start."""

from contextlib import suppress

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mcp_api.db.lazy_transaction import LazyTransaction
from tests.mcp_api.conftest import verbs_of
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> set[str]:
    return set(User.objects.values_list("username", flat=True))


def test_without_a_statement_the_database_is_not_asked() -> None:
    with CaptureQueriesContext(connection) as queries, LazyTransaction() as lazy:
        assert connection.in_atomic_block
    assert (verbs_of(queries), lazy.has_begun, connection.in_atomic_block) == ([], False, False)
    assert connection.get_autocommit()


def test_what_is_written_is_committed_together() -> None:
    with LazyTransaction() as lazy:
        make_user("ada")
        assert lazy.has_begun
        with transaction.atomic():
            make_user("grace")
    assert names() == {"ada", "grace"}
    assert connection.get_autocommit()


def test_what_is_written_is_rolled_back_with_an_error() -> None:
    with suppress(ZeroDivisionError), LazyTransaction():
        with transaction.atomic():
            # The first statement is in a block of the tool's own, which must not commit by itself.
            make_user("ada")
        raise ZeroDivisionError
    assert not names()
    assert not connection.in_atomic_block


def test_block_within_rolls_back_alone() -> None:
    with LazyTransaction():
        with suppress(ZeroDivisionError), transaction.atomic():
            make_user("ada")
            raise ZeroDivisionError
        make_user("grace")
    assert names() == {"grace"}


def test_durable_block_is_refused_before_the_first_statement() -> None:
    with pytest.raises(RuntimeError, match="durable"), LazyTransaction(), transaction.atomic(durable=True):
        pass
    assert not connection.in_atomic_block


def test_rollback_that_is_asked_for_before_the_first_statement_is_made() -> None:
    connection.close()
    with LazyTransaction():
        transaction.set_rollback(True)
        with suppress(transaction.TransactionManagementError):
            make_user("ada")
    assert not names()


@pytest.mark.parametrize("writes", [True, False])
def test_what_waits_for_the_commit_is_done_after_it(writes: bool) -> None:
    done: list[bool] = []
    # A new one begins with none of what Django knows of a transaction.
    connection.close()
    with LazyTransaction():
        transaction.on_commit(lambda: done.append(connection.in_atomic_block))
        if writes:
            make_user("ada")
        assert not done
    assert done == [False]


def test_what_waits_for_a_commit_that_does_not_come_is_not_done() -> None:
    done: list[bool] = []
    with suppress(ZeroDivisionError), LazyTransaction():
        transaction.on_commit(lambda: done.append(True))
        raise ZeroDivisionError
    with LazyTransaction():
        make_user("ada")
    assert not done


def test_inside_another_block_it_is_a_savepoint_at_once() -> None:
    with transaction.atomic():
        make_user("ada")
        with suppress(ZeroDivisionError), LazyTransaction() as lazy:
            assert lazy.has_begun
            make_user("grace")
            raise ZeroDivisionError
    assert names() == {"ada"}


def test_connection_is_free_where_the_transaction_cannot_begin_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def fail(*arguments: object, **options: object) -> None:
        raise OperationalError("away")

    with suppress(OperationalError), LazyTransaction():
        transaction.on_commit(lambda: done.append("done"))
        monkeypatch.setattr(connection, "set_autocommit", fail)
    monkeypatch.undo()
    assert (connection.in_atomic_block, connection.run_on_commit, connection.atomic_blocks) == (False, [], [])
    make_user("ada")
    assert (names(), done, connection.get_autocommit()) == ({"ada"}, [], True)
