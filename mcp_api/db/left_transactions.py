"""Transactions that the code of a call left open in its thread."""

import logging

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)


def roll_back_left_transactions() -> None:
    """Roll back the transactions that are open in this thread. To be called after each call.

    Otherwise no later call in this thread could use the database: Django keeps the connection for the transaction, even
    a closed one.
    """
    for each in connections.all(initialized_only=True):
        if each.in_atomic_block:
            logger.warning("a transaction that was left open is rolled back")
            _roll_back(each)


def _roll_back(wrapper: BaseDatabaseWrapper) -> None:
    is_closed, wrapper.in_atomic_block, wrapper.needs_rollback = wrapper.closed_in_transaction, False, False
    if is_closed:
        wrapper.connection = None
        return
    try:
        wrapper.rollback()
        wrapper.set_autocommit(True)
    except DatabaseError:
        logger.warning("the connection of the open transaction is unusable", exc_info=True)
    finally:
        wrapper.close()
