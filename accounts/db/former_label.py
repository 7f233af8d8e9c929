"""The rename of this app's label from `accounts` (until 0.3.0) to `oauth_mcp`, in a database that was made before.

Django stores the label in the names of tables, in the list of applied migrations and in content types, through which
permissions are found. It reads the applied migrations before any migration runs, so that none can rename them: the
command `migrate` does, first.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

FORMER, LABEL = "accounts", "oauth_mcp"
# Of pg_advisory_lock: two commands `migrate` at a time, such as those of two containers.
LOCK = 0x6F617574686D6370


def rename_former_label(connection: BaseDatabaseWrapper) -> bool:
    """Rename what a version with the former label made. Return whether there was anything.

    Each table is renamed in a transaction of its own, which locks no other one, so that it cannot deadlock with
    requests. After a failure, the next call goes on.
    """
    if not _has_former_migrations(connection):
        return False
    with _alone(connection):
        if not _has_former_migrations(connection):
            return False
        for former, table in _tables(connection):
            _rename_table(connection, former, table)
        _rename_records(connection)
    return True


def _has_former_migrations(connection: BaseDatabaseWrapper) -> bool:
    """Return whether our migrations are recorded under the former label, which another app may have."""
    if any(config.label == FORMER for config in apps.get_app_configs()):
        return False
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return False
    recorded = {name for app, name in recorder.applied_migrations() if app == FORMER}
    if not recorded:
        return False
    ours = {name for app, name in MigrationLoader(None).disk_migrations if app == LABEL}
    return bool(recorded & ours - {"0001_initial"})


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold a lock of the whole database, on PostgreSQL."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _tables(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the former and the present name of each table that is to be renamed."""
    models = apps.get_app_config(LABEL).get_models(include_auto_created=True)
    names = [model._meta.db_table for model in models]
    pairs = [(FORMER + name.removeprefix(LABEL), name) for name in names if name.startswith(f"{LABEL}_")]
    there = set(connection.introspection.table_names())
    return [(former, name) for former, name in pairs if former in there]


def _rename_table(connection: BaseDatabaseWrapper, former: str, table: str) -> None:
    """Rename one table. On PostgreSQL, a view of the former name serves the processes that have not been reloaded."""
    quote = connection.ops.quote_name
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {quote(former)} RENAME TO {quote(table)}")
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE VIEW {quote(former)} AS SELECT * FROM {quote(table)}")  # noqa: S608 - our own names


def _rename_records(connection: BaseDatabaseWrapper) -> None:
    """Rename the label in the applied migrations and the content types."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("UPDATE django_content_type SET app_label = %s WHERE app_label = %s", [LABEL, FORMER])
        cursor.execute("UPDATE django_migrations SET app = %s WHERE app = %s", [LABEL, FORMER])
