"""Migrations that run beside servers of the version before: what each may lock, and a second run after a failure."""

from collections.abc import Iterator

import pytest
from django.db import models
from django.db.migrations import CreateModel, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.support.database import Database, Template, manage

# The last migrations of 0.1.0 (CHANGELOG.md). Those before them never ran beside a server.
IN_LAST_RELEASE = {"oauth_mcp": "0008", "mcp_api": "0004"}


def migrations_since_the_last_release() -> list[Migration]:
    disk = MigrationLoader(None).disk_migrations
    ours = [each for (app, _), each in disk.items() if app in IN_LAST_RELEASE]
    return [each for each in ours if each.name[:4] > IN_LAST_RELEASE[each.app_label]]


def locked_models(operation: Operation) -> Iterator[str]:
    """The models, there before, whose tables `operation` locks against readers, or against writers."""
    if isinstance(operation, CreateModel):
        for _, field in operation.fields:
            if isinstance(field, models.ForeignKey):
                yield str(field.remote_field.model).lower()
        return
    for name in ("model_name", "old_name", "name"):
        if hasattr(operation, name):
            yield getattr(operation, name).lower()
            return


@pytest.mark.any_database
def test_no_transaction_of_a_migration_locks_two_tables() -> None:
    # The query for a token locks several tables in an order of its own, so that one transaction that alters two of
    # them ends in a deadlock with it. A single operation has a transaction of its own where it asks for one.
    assert migrations_since_the_last_release()
    for migration in migrations_since_the_last_release():
        if migration.atomic:
            locked = {name for operation in migration.operations for name in locked_models(operation)}
            assert len(locked) <= 1, f"{migration} locks {sorted(locked)} in one transaction"


@pytest.mark.any_database
def test_each_operation_of_a_migration_in_several_transactions_can_be_repeated() -> None:
    divided = [migration for migration in migrations_since_the_last_release() if not migration.atomic]
    assert divided
    for migration in divided:
        assert migration.operations
        assert all(type(each).__name__ == "AddFieldOnce" and each.atomic for each in migration.operations)


@pytest.fixture
def database(template: Template) -> Iterator[Database]:
    copy = Database(template.database)
    yield copy
    copy.drop()


def test_migration_that_failed_half_way_is_repeated_and_reversed(database: Database) -> None:
    added = "SELECT redirect_uri, client_fingerprint FROM oauth_mcp_authorization"
    manage("migrate", "oauth_mcp", "0008", "--verbosity", "0", database=database)
    database.execute("ALTER TABLE oauth_mcp_authorization ADD COLUMN redirect_uri text NOT NULL DEFAULT ''")
    manage("migrate", "--verbosity", "0", database=database)
    assert database.rows(added) == []
    assert database.rows("SELECT count(*) FROM oauth_mcp_client WHERE vouched_fingerprint = ''") == [(0,)]
    database.execute("ALTER TABLE oauth_mcp_client DROP COLUMN vouched_fingerprint")
    manage("migrate", "oauth_mcp", "0008", "--verbosity", "0", database=database)
    manage("migrate", "--verbosity", "0", database=database)
    assert database.rows(added) == []
