"""Whatever goes away under load, clients are told to come back, and nothing that they were told is lost."""

import pytest

from tests import postgres
from tests.conftest import missing
from tests.faults.load import FEW
from tests.faults.outages import full_disk, killed_workers, restarted_postgres
from tests.faults.test_load import loaded
from tests.server import LiveServer

__all__ = ["loaded"]


@pytest.mark.postgres_only
def test_a_worker_that_is_killed_costs_no_acknowledged_write(loaded: LiveServer) -> None:
    report = killed_workers(loaded, 1, FEW)
    assert not report.violations, str(report)


@pytest.mark.postgres_only
def test_clients_survive_a_restart_of_postgres() -> None:
    binaries = postgres.find_binaries()
    assert binaries
    report = restarted_postgres(binaries, 1, FEW)
    assert not report.violations, str(report)


@pytest.mark.any_database
def test_clients_survive_a_full_disk() -> None:
    try:
        report = full_disk(1, FEW)
    except PermissionError as refusal:
        missing(str(refusal))
    assert not report.violations, str(report)
