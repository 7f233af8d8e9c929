"""Whether this process can serve: what it stands on is there. Why not is for the log, not for strangers."""

import logging

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Once all that this process knows of have been applied, they stay so.
_migrated = False


def is_ready() -> bool:
    wrong = why_not()
    if wrong:
        logger.warning("Not ready: %s", wrong)
    return not wrong


def why_not() -> str:
    """What is missing, in words; nothing where nothing is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not is_migrated():
            return "there are migrations that were not applied: run `manage.py migrate`"
    except Error as error:
        return f"the database does not answer: {error}"
    return why_no_cache()


def is_migrated() -> bool:
    global _migrated  # noqa: PLW0603 - of the process
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def why_no_cache() -> str:
    """Without REDIS_URL the cache is this process's own."""
    if not settings.REDIS_URL:
        return ""
    try:
        cache.get("ready")
    except (RedisError, OSError) as error:
        return f"Redis does not answer: {error}"
    return ""
