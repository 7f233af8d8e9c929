"""Transactions that a call's code left open in its thread."""

import logging

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)


def roll_back_left_transactions() -> None:
    """Roll back what the work of this thread left open. To be called once the work is done.

    Else no later work in this thread could use the database: Django keeps the connection for the transaction, even once
    it is closed.
    """
    for each in connections.all(initialized_only=True):
        if each.in_atomic_block:
            logger.warning("a transaction that was left open is rolled back")
            _leave(each)


def _leave(wrapper: BaseDatabaseWrapper) -> None:
    is_closed, wrapper.in_atomic_block, wrapper.needs_rollback = wrapper.closed_in_transaction, False, False
    if is_closed:
        wrapper.connection = None
        return
    try:
        wrapper.rollback()
        wrapper.set_autocommit(True)
    except DatabaseError:
        logger.warning("its connection is no good any more", exc_info=True)
    finally:
        wrapper.close()
