"""All that clients do, at once."""

from tests.faults.load import FEW, mixed
from tests.support.servers.server import LiveServer


def test_a_mixed_load_meets_no_error_and_every_acknowledged_call_is_on_record(loaded: LiveServer) -> None:
    report = mixed(loaded, 3, FEW)
    assert not report.violations, str(report)
