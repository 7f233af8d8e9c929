"""All that clients do, at once."""

from collections.abc import Iterator

import pytest

from tests.faults.load import FEW, mixed, unlimited
from tests.support.server import LiveServer, Template


@pytest.fixture(scope="module")
def loaded(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template, **unlimited()) as running:
        yield running


def test_a_mixed_load_meets_no_error_and_every_acknowledged_call_is_on_record(loaded: LiveServer) -> None:
    report = mixed(loaded, 3, FEW)
    assert not report.violations, str(report)
