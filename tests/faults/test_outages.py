"""During an outage, clients are told to come back, and nothing that they were told is lost."""

from collections.abc import Callable

import pytest

from tests.conftest import missing
from tests.faults.__main__ import summed_up
from tests.faults.load import FEW
from tests.faults.outages import full_disk, killed_workers, restarted_postgres
from tests.faults.redis_gone import redis_gone
from tests.faults.report import Lacking, Report
from tests.support.database import Template
from tests.support.servers.server import LiveServer


def survived(fault: Callable[[], Report]) -> None:
    try:
        report = fault()
    except Lacking as lack:
        missing(str(lack))
    assert not report.violations, str(report)


@pytest.mark.postgres_only
def test_a_worker_that_is_killed_costs_no_acknowledged_write(loaded: LiveServer) -> None:
    survived(lambda: killed_workers(loaded, 1, FEW))


@pytest.mark.postgres_only
def test_clients_survive_a_restart_of_postgres() -> None:
    survived(lambda: restarted_postgres(1, FEW))


@pytest.mark.postgres_only
def test_nobody_notices_that_redis_is_gone_and_it_counts_again_when_it_is_back(template: Template) -> None:
    survived(lambda: redis_gone(template, 1, FEW))


@pytest.mark.any_database
def test_clients_survive_a_full_disk() -> None:
    survived(lambda: full_disk(1, FEW))


@pytest.mark.any_database
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_what_this_machine_cannot_have_is_said_and_is_a_failure_where_nothing_may_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, status: int
) -> None:
    monkeypatch.setenv("CI", ci)
    assert summed_up([Report("A fault"), Report("Another", left_out="It takes root.")]) == status
    assert "NOT TRIED: Another. It takes root." in capsys.readouterr().out
