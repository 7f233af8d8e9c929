"""A tool with `read_only=True` cannot write to the database, and its author is told why."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from psycopg.sql import SQL, Identifier
from rest_framework import permissions, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts import rate_limits
from accounts.audit import events
from accounts.models import Event, User
from mcp_api import Context, expose, resource_updated, tool
from mcp_api.db.writes import WriteRefused, before_writes, may_write, refuse
from mcp_api.models import Mail
from mcp_api.testing import McpClient
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture(autouse=True)
def nothing_is_cached() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


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
        cursor.execute("/* by hand */ update accounts_user set first_name = 'written'")


def many_at_once(context: Context) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE accounts_user SET first_name = %s", [["written"], ["again"]])


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
def test_write_is_refused_and_the_author_is_told_what_to_drop(
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
        return "UPDATE accounts_user SET first_name = 'written'"


def test_statement_that_is_composed_is_looked_at_too(ada: User) -> None:
    statements: list[Any] = [Composed()]
    if connection.vendor == "postgresql":
        statements.append(SQL("UPDATE {} SET first_name = 'written'").format(Identifier("accounts_user")))
    for statement in statements:
        with connection.cursor() as cursor, before_writes(refuse), pytest.raises(WriteRefused, match="accounts_user"):
            cursor.execute(statement)


def test_author_is_told_the_statement_and_no_values_with_debug(ada: User, settings: Any) -> None:
    tool(read_only=True)(update)
    settings.DEBUG = True
    text = McpClient(ada).call("update").text
    assert "(UPDATE accounts_user)" in text
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
            cursor.execute("WITH named AS (SELECT username FROM accounts_user) SELECT username FROM named")
            [(name,)] = cursor.fetchall()
        return [name, *User.objects.values_list("username", flat=True).iterator()]

    assert McpClient(ada).call("read").data == ["ada", "ada"]


def test_tool_that_asks_the_database_nothing_costs_no_query(ada: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), before_writes(refuse):
        pass
    with django_assert_num_queries(1), before_writes(refuse):
        assert User.objects.count() == 1


# --- What is written all the same ----------------------------------------------------------------


@override_settings(LIMITS={**settings.LIMITS, "calls_person": "5/minute"})
def test_caches_sessions_limits_events_and_notifications_are_written(ada: User) -> None:
    @tool(read_only=True)
    def busy(context: Context) -> list[Any]:
        cache.set("key", "value")
        cache.add("other", 1)
        cache.incr("other")
        cache.delete("none")
        cache.set("old", 1, timeout=-1)
        session = SessionStore()
        session["a"] = 1
        session.save()
        session.delete()
        rate_limits.hit(*rate_limits.quotas(calls_person=context.user.pk))
        events.record(Event.Kind.MCP, outcome=Event.Outcome.OK, action="of a test")
        resource_updated("a://b")
        context.log("said")
        context.progress(1)
        return [cache.get("key"), cache.get("other"), cache.get("old")]

    assert McpClient(ada).call("busy").data == ["value", 2, None]
    assert Event.objects.filter(action="of a test").exists()
    assert Mail.objects.filter(topic="changes").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM accounts_event",
        "UPDATE accounts_event SET outcome = 'ok'",
        'DELETE FROM "accounts_event" WHERE id > 0',
        "INSERT OR REPLACE INTO accounts_event (id) VALUES (1)",
        "INSERT INTO accounts_event (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET outcome = 'ok'",
        "WITH a AS (SELECT 1) DELETE FROM accounts_event",
    ],
)
def test_events_are_only_added(sql: str) -> None:
    events.record(Event.Kind.MCP, outcome=Event.Outcome.FAILED, action="of a test")
    with before_writes(refuse), pytest.raises(WriteRefused), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.get(action="of a test").outcome == "failed"


@override_settings(
    CACHES={"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "a_cache_of_theirs"}}
)
def test_cache_of_a_projects_own_is_written() -> None:
    with before_writes(refuse), pytest.raises(DatabaseError, match="a_cache_of_theirs"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM a_cache_of_theirs")


def test_exposed_view_may_count_its_visitors(ada: User) -> None:
    """GET is read_only because HTTP says so, not the author of a tool: nothing is refused that worked before."""

    class Counting(viewsets.GenericViewSet[User]):
        queryset = User.objects.all()
        permission_classes = [permissions.IsAuthenticated]

        @action(detail=False)
        def counted(self, request: Any) -> Response:
            User.objects.filter(pk=request.user.pk).update(first_name="seen")
            return Response({})

    expose(Counting, name="people", actions=["counted"])
    assert not McpClient(ada).call("people_counted").is_error
    assert User.objects.get().first_name == "seen"


# --- Statements ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1;",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT 'DELETE FROM a; DROP TABLE b'",
        "SELECT \"update\" FROM a WHERE b = ';' FOR UPDATE",
        'WITH a AS (SELECT "delete" FROM b) SELECT * FROM a FOR UPDATE',
        "WITH a AS (SELECT '(DELETE') SELECT * FROM a",
        "-- DELETE FROM a\nSELECT 1",
        "/* ; DELETE */ SELECT 1",
        "EXPLAIN DELETE FROM a",
        "EXPLAIN INSERT INTO a VALUES (1)",
        "SELECT 'into', \"into\" FROM a -- into",
        "EXPLAIN ANALYZE SELECT 1",
        'SAVEPOINT "s1"',
        'RELEASE SAVEPOINT "s1"',
        "SET LOCAL statement_timeout = 1",
        "PRAGMA foreign_keys",
        "",
        " ; ",
    ],
)
def test_statement_that_reads_is_one(sql: str) -> None:
    assert not may_write(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a VALUES (1)",
        "insert or ignore into a values (1)",
        "\n  UPDATE a SET b = 1",
        "DELETE FROM a",
        "MERGE INTO a USING b ON 1",
        "REPLACE INTO a VALUES (1)",
        "TRUNCATE a",
        "DROP TABLE a",
        "CREATE TABLE a (b int)",
        "COPY a FROM STDIN",
        "CALL forget()",
        "DO $$ BEGIN END $$",
        "SELECT 1; DELETE FROM a",
        "-- SELECT\nDELETE FROM a",
        "/* SELECT */ DELETE FROM a",
        "SELECT 'a'';'; DELETE FROM a",
        "WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a",
        "WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a",
        "with a as (select 1)\nupdate b set c = 1",
        "EXPLAIN (ANALYZE) DELETE FROM a",
        "EXPLAIN ANALYZE SELECT 1 AS a INTO b",
        "SELECT 1 AS a INTO b",
        "SELECT * INTO TEMP b FROM a",
        "select 1 as a\ninto b",
        "WITH a AS (SELECT 1) SELECT * INTO b FROM a",
    ],
)
def test_statement_that_may_write_is_one(sql: str) -> None:
    assert may_write(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT $$'$$; DELETE FROM accounts_user; --'",
        "SELECT $a$'$a$; DELETE FROM accounts_user; --'",
        r"SELECT E'\''; DELETE FROM accounts_user; --'",
        "SELECT 1 /* /* */ ' */; DELETE FROM accounts_user; --'",
        "WITH a AS (SELECT $$'$$), b AS (DELETE FROM accounts_user RETURNING 1) SELECT '",
        "PRAGMA user_version = 7",
        "PRAGMA main.user_version(7)",
        'PRAGMA "main".journal_mode = DELETE',
        "PRAGMA wal_checkpoint",
    ],
)
def test_statement_that_databases_read_differently_and_pragma_that_writes_are_refused(sql: str) -> None:
    assert may_write(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT $$it's$$ FROM library_book",
        r"SELECT E'a\'b'",
        "SELECT 1 /* one */ /* two */",
        "PRAGMA user_version",
        "PRAGMA table_info('library_book')",
        "PRAGMA main.foreign_key_list(accounts_user)",
    ],
)
def test_unusual_statement_that_only_reads_is_not_refused(sql: str) -> None:
    assert not may_write(sql)
