"""Readiness of this process. The reason of a failure is for the log, not for strangers.

A missing Redis does not make a process unready: the database takes its place (accounts/rate_limits/counting.py), and
every process of every host would be unready at once. The log and the metrics report it.
"""

import logging

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.rate_limits import counting
from config.observability.database_probe import ask_database

logger = logging.getLogger(__name__)

# Once all that this process knows of have been applied, they stay so.
_migrated = False


def is_ready() -> bool:
    wrong = why_not()
    if wrong:
        logger.warning("Not ready: %s", wrong)
    if settings.REDIS_URL:
        counting.check_redis()
    return not wrong


def why_not() -> str:
    """What is missing, in words; nothing where nothing is."""
    try:
        ask_database()
        if not is_migrated():
            return "there are migrations that were not applied: run `manage.py migrate`"
    except Error as error:
        return f"the database does not answer: {error}"
    return ""


def is_migrated() -> bool:
    global _migrated  # noqa: PLW0603 - of the process
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
