"""The probe of the database, whose answer must not wait for a connection to be made."""

import pytest
from django.db import connection

from config.observability.database_probe import ask_database

OTHER_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_probes_share_a_connection_and_make_a_new_one_when_it_is_lost() -> None:
    def sessions() -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute(OTHER_SESSIONS)
            return {pid for (pid,) in cursor.fetchall()}

    ask_database()
    before = sessions()
    ask_database()
    assert sessions() == before != set()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(before)])
    ask_database()
    assert sessions().isdisjoint(before)
