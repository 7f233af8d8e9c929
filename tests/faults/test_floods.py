"""Rows that strangers and tokens make again and again stay within SECURITY.md's table of storage."""

from collections.abc import Iterator

import pytest

from tests.faults.floods import FLOODS, Flood, attacked, flooded
from tests.support.database import Template
from tests.support.servers.server import LiveServer

FEW = 40
# Other tests run beside this one, so that it is about being answered at all; `make faults` measures.
GENEROUS_SECONDS = 5


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    with attacked(template) as running:
        yield running


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.name)
def test_a_flood_of_what_can_be_stored_stays_within_its_bounds(server: LiveServer, flood: Flood) -> None:
    report = flooded(server, flood, FEW, GENEROUS_SECONDS)
    assert not report.violations, str(report)
