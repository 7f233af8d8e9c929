"""A migrated database that the processes of a test run share: the others are copies of it.

The migrations take several seconds of processor time.
"""

import fcntl
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests.support.database import Database, fold_journal, manage


def migrated_database(folder: Path) -> Database:
    """Return the database of the test run whose processes share `folder`; the first process that asks makes it."""
    made = folder / "migrated"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.exists():
            return Database(name=made.read_text(), under=str(folder))
        database = Database(under=str(folder))
        manage("migrate", "--verbosity", "0", database=database)
        fold_journal(database)
        made.write_text(database.name)
        return database


def begin_with(database: Database, connection: BaseDatabaseWrapper) -> None:
    """Make a copy of `database` of the test database that Django is about to create."""
    if database.cluster:
        connection.settings_dict["TEST"]["TEMPLATE"] = database.name
        return
    fill = partial(_fill, database.path, str(connection.settings_dict["NAME"]))
    connection_created.connect(fill, weak=False, dispatch_uid="migrated")


def _fill(path: Path, before: str, *, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Copy the file to the database in memory, when Django connects to it for the first time."""
    if connection.alias == "default" and connection.settings_dict["NAME"] != before:
        connection_created.disconnect(dispatch_uid="migrated")
        with closing(sqlite3.connect(path)) as file:
            file.backup(connection.connection)
