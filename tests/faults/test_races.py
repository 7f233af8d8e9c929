"""One code or token, and many who want it at the same moment."""

from collections.abc import Callable

import pytest

from tests.faults.races import RACES
from tests.faults.report import Report
from tests.support.servers.server import LiveServer


@pytest.mark.parametrize("race", RACES)
def test_a_hundred_at_once_have_exactly_the_allowed_outcome(
    server: LiveServer, race: Callable[[LiveServer, int], Report]
) -> None:
    report = race(server, 100)
    assert not report.violations, str(report)
