"""Readiness of this process. Only the log has the reason of a failure.

A process is ready without Redis: the database takes its place (accounts/rate_limits/counting.py), and otherwise all
processes of all hosts would be unready at once. The log and the metrics report it.
"""

import logging

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.rate_limits import counting
from config.observability.database_probe import ask_database

logger = logging.getLogger(__name__)

# Once the migrations of this process have been applied, they remain applied.
_migrated = False


def is_ready() -> bool:
    problem = find_problem()
    if problem:
        logger.warning("Not ready: %s", problem)
    if settings.REDIS_URL:
        counting.check_redis()
    return not problem


def find_problem() -> str:
    """Return why this process is not ready, or an empty string."""
    try:
        ask_database()
        if not is_migrated():
            return "migrations have not been applied: run `manage.py migrate`"
    except Error as error:
        return f"the database does not respond: {error}"
    return ""


def is_migrated() -> bool:
    global _migrated  # noqa: PLW0603 - of the process
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
