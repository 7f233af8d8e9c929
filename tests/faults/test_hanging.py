"""Documents and keys that never come hold up nobody else, on either worker."""

import pytest

from tests.faults.hanging import APPLICATIONS, hanging_fetches
from tests.support.database import Template


@pytest.mark.parametrize("worker", APPLICATIONS)
def test_documents_and_keys_that_hang_hold_up_nobody_else(template: Template, worker: str) -> None:
    # A machine that runs other tests beside this is given more time. Without bounds it would be seconds.
    # With few connections to PostgreSQL, it shows whether one is kept while a request waits.
    report = hanging_fetches(template, worker, clients=20, rounds=1, health_seconds=1, DATABASE_POOL="4")
    assert not report.violations, str(report)
