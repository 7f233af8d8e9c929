"""Work that is committed at once, beside the transaction of a call."""

import pytest
from django.db import connection, transaction

from accounts.models import Revision
from mcp_api.db.committed import run_committed
from mcp_api.db.lazy_transaction import LazyTransaction, has_begun
from mcp_api.errors import AuthorError

NAME = "exchange_token()"


def bump() -> str:
    Revision.bump("work")
    return "done"


@pytest.mark.django_db(transaction=True)
def test_transaction_has_begun_with_its_first_statement() -> None:
    assert not has_begun()
    with LazyTransaction():
        assert not has_begun()
        Revision.objects.count()
        assert has_begun()
    assert not has_begun()
    with transaction.atomic():
        assert has_begun()


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_work_stays_where_the_transaction_of_the_call_is_rolled_back() -> None:
    def call() -> None:
        with LazyTransaction():
            Revision.bump("call")
            assert run_committed(bump, NAME) == "done"
            raise ValueError("the tool failed")

    with pytest.raises(ValueError, match="the tool failed"):
        call()
    assert list(Revision.objects.filter(name__in=("work", "call")).values_list("name", flat=True)) == ["work"]


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_error_of_the_work_is_raised_and_nothing_is_kept() -> None:
    def fail() -> None:
        with transaction.atomic():
            bump()
            raise LookupError

    with pytest.raises(LookupError):
        run_committed(fail, NAME)
    assert not Revision.objects.filter(name="work").exists()


@pytest.mark.django_db(transaction=True)
def test_sqlite_s_single_writer_is_named_instead_of_waited_for() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers.")
    with LazyTransaction():
        Revision.objects.count()
        with pytest.raises(AuthorError, match=r"exchange_token\(\) must come before its first query"):
            run_committed(bump, NAME)
