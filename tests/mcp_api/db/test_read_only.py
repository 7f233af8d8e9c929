"""A tool with `read_only=True` cannot write to the database, and the log shows its author why."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, transaction
from psycopg.sql import SQL, Identifier

from accounts.models import Event, User
from mcp_api import Context, tool
from mcp_api.db.writes import WriteRefused, before_writes, refuse
from mcp_api.testing import McpClient
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry", "empty_cache")]


def save(context: Context) -> None:
    context.user.first_name = "written"
    context.user.save()


def update(context: Context) -> None:
    User.objects.update(first_name="written")


def create(context: Context) -> None:
    make_user("eve")


def bulk_create(context: Context) -> None:
    User.objects.bulk_create([User(username="eve"), User(username="mallory")])


def delete(context: Context) -> None:
    User.objects.filter(pk=context.user.pk).delete()


def in_a_transaction(context: Context) -> None:
    with transaction.atomic():
        assert User.objects.select_for_update().filter(pk=context.user.pk).exists()
        User.objects.update(first_name="written")


def by_ones_own_sql(context: Context) -> None:
    with connection.cursor() as cursor:
        cursor.execute("/* by hand */ update oauth_mcp_user set first_name = 'written'")


def many_at_once(context: Context) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE oauth_mcp_user SET first_name = %s", [["written"], ["again"]])


def undeterred(context: Context) -> None:
    for _ in range(2):
        try:
            User.objects.update(first_name="written")
        except DatabaseError:
            continue


async def asynchronous(context: Context) -> None:
    await User.objects.aupdate(first_name="written")


async def in_a_thread_of_django(context: Context) -> None:
    await sync_to_async(update)(context)


WRITING: list[Callable[[Context], Any]] = [
    save,
    update,
    create,
    bulk_create,
    delete,
    in_a_transaction,
    by_ones_own_sql,
    many_at_once,
    undeterred,
    asynchronous,
    in_a_thread_of_django,
]


@pytest.mark.parametrize("writing", WRITING)
def test_write_is_refused_and_the_log_names_what_to_remove(
    ada: User, caplog: pytest.LogCaptureFixture, writing: Callable[[Context], Any]
) -> None:
    tool(read_only=True)(writing)
    result = McpClient(ada).call(writing.__name__)
    assert result.is_error
    assert "read_only" not in result.text
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "The tool has read_only=True, and tried to write to the database" in record.getMessage()
    assert "Remove read_only=True" in record.getMessage()
    assert list(User.objects.values_list("username", "first_name")) == [("ada", "")]
    assert Event.objects.values_list("outcome", "reason").get(kind="mcp") == ("failed", "defect")


@pytest.mark.parametrize("writing", [each for each in WRITING if each not in (create, delete)])
def test_the_same_tool_without_it_writes(ada: User, writing: Callable[[Context], Any]) -> None:
    tool(writing)
    people = User.objects.order_by("pk").values_list("pk", "first_name")
    before = list(people.all())
    assert not McpClient(ada).call(writing.__name__).is_error
    assert list(people.all()) != before


class Composed:
    """As psycopg's, which knows its text once it knows the connection."""

    def as_string(self, raw: Any) -> str:
        return "UPDATE oauth_mcp_user SET first_name = 'written'"


def test_statement_that_is_composed_is_looked_at_too(ada: User) -> None:
    statements: list[Any] = [Composed()]
    if connection.vendor == "postgresql":
        statements.append(SQL("UPDATE {} SET first_name = 'written'").format(Identifier("oauth_mcp_user")))
    for statement in statements:
        with connection.cursor() as cursor, before_writes(refuse), pytest.raises(WriteRefused, match="oauth_mcp_user"):
            cursor.execute(statement)


def test_author_sees_the_statement_and_no_values_with_debug(ada: User, settings: Any) -> None:
    tool(read_only=True)(update)
    settings.DEBUG = True
    text = McpClient(ada).call("update").text
    assert "(UPDATE oauth_mcp_user)" in text
    assert "written" not in text


def test_what_is_written_after_the_call_is_written(ada: User) -> None:
    tool(read_only=True)(update)
    McpClient(ada).call("update")
    assert connection.execute_wrappers == []
    assert User.objects.update(first_name="written") == 1


def test_reading_goes_on(ada: User) -> None:
    @tool(read_only=True)
    def read() -> list[str]:
        with transaction.atomic(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("WITH named AS (SELECT username FROM oauth_mcp_user) SELECT username FROM named")
            [(name,)] = cursor.fetchall()
        return [name, *User.objects.values_list("username", flat=True).iterator()]

    assert McpClient(ada).call("read").data == ["ada", "ada"]


def test_tool_that_asks_the_database_nothing_costs_no_query(ada: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), before_writes(refuse):
        pass
    with django_assert_num_queries(1), before_writes(refuse):
        assert User.objects.count() == 1
