"""A session that cannot be saved: it was ended meanwhile, or the database is away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection

from config.stores.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> SessionStore:
    session = SessionStore()
    session.create()
    session["seen"] = True
    return session


def test_an_ended_session_is_told_from_a_database_that_is_away(session: SessionStore) -> None:
    with connection.execute_wrapper(away), pytest.raises(OperationalError, match="closed the connection"):
        session.save()
    session.save()
    SessionStore(session.session_key).delete()
    with pytest.raises(UpdateError):
        session.save()


def away(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Not for what opens and ends the savepoint."""
    if sql.startswith("UPDATE"):
        raise OperationalError("the server closed the connection unexpectedly")
    return execute(sql, *rest)
