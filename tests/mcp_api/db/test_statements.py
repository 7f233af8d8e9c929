"""SQL statements that may write, and those that only read."""

import pytest

from mcp_api.db.writes import may_write

pytestmark = pytest.mark.any_database


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
        "SELECT $$'$$; DELETE FROM oauth_mcp_user; --'",
        "SELECT $a$'$a$; DELETE FROM oauth_mcp_user; --'",
        r"SELECT E'\''; DELETE FROM oauth_mcp_user; --'",
        "SELECT 1 /* /* */ ' */; DELETE FROM oauth_mcp_user; --'",
        "WITH a AS (SELECT $$'$$), b AS (DELETE FROM oauth_mcp_user RETURNING 1) SELECT '",
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
        "PRAGMA main.foreign_key_list(oauth_mcp_user)",
    ],
)
def test_unusual_statement_that_only_reads_is_not_refused(sql: str) -> None:
    assert not may_write(sql)
