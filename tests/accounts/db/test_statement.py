"""Statements that every call makes: prepared once for each connection, otherwise like any other statement."""

import os

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from accounts.db.statement import Statement
from accounts.models import AccessToken, Allowance, Client
from accounts.resource_server.bearer import TOKENS
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = "INSERT INTO oauth_mcp_allowance (name, spent_until) VALUES (%s, %s) RETURNING spent_until"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'mcp_%%'"


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute(PREPARED)
        return int(cursor.fetchone()[0])


def make_token() -> AccessToken:
    return make_tokens(make_authorization(make_user(), make_client()))[0]


def test_values_go_in_and_the_first_row_comes_out() -> None:
    assert Statement(INSERT).first(["a", 7]) == (7,)
    assert Allowance.objects.get().spent_until == 7
    assert Statement("SELECT name FROM oauth_mcp_allowance WHERE name = %s").first(["b"]) is None


def test_what_returns_nothing_is_done_all_the_same() -> None:
    assert Statement("INSERT INTO oauth_mcp_allowance (name, spent_until) VALUES (%s, %s)").first(["a", 7]) is None
    assert Allowance.objects.count() == 1


def test_it_belongs_to_the_transaction_that_it_is_made_in() -> None:
    with transaction.atomic():
        Statement(INSERT).first(["a", 7])
        transaction.set_rollback(True)
    assert not Allowance.objects.exists()


def test_errors_are_djangos() -> None:
    again = Statement(INSERT)
    again.first(["a", 7])
    with pytest.raises(IntegrityError):
        again.first(["a", 7])
    # The connection still works.
    assert again.first(["b", 8]) == (8,)


@pytest.mark.postgres_only
def test_it_is_prepared_once_for_each_connection() -> None:
    connection.close()
    statement = Statement(INSERT)
    for name in "abc":
        statement.first([name, 7])
    assert prepared() == 1
    connection.close()
    statement.first(["d", 7])
    assert prepared() == 1


@pytest.mark.postgres_only
def test_nothing_is_prepared_where_a_pooler_would_lose_it(settings: Settings) -> None:
    connection.close()
    settings.PREPARED_STATEMENTS = False
    assert Statement(INSERT).first(["a", 7]) == (7,)
    assert prepared() == 0


@pytest.mark.postgres_only
def test_what_the_connection_forgot_is_prepared_anew() -> None:
    statement = Statement(INSERT)
    statement.first(["a", 7])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert statement.first(["b", 8]) == (8,)
    assert statement.first(["c", 9]) == (9,)


@pytest.mark.postgres_only
def test_a_connection_that_was_closed_is_replaced_without_an_error() -> None:
    token = make_token()
    assert TOKENS.first(token.token_checksum) == token
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    assert TOKENS.first(token.token_checksum) == token


def test_the_token_comes_with_all_that_it_belongs_to(django_assert_num_queries: object) -> None:
    token = make_token()
    found = TOKENS.first(token.token_checksum)
    assert found is not None
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert (str(found.user), found.application.name) == (str(token.user), "Test client")  # type: ignore[union-attr]
        assert found.authorization.is_live
        assert not found.is_expired()
        assert found.resource == token.resource
    # Columns that no call needs are loaded when they are first read.
    assert Client.objects.get(redirect_uris=found.application.redirect_uris)  # type: ignore[union-attr]
    assert TOKENS.first("of nobody") is None
