"""The longest time that a test waits for an event. No test is about speed."""

import time
from collections.abc import Callable

# As long as a busy machine may need.
PATIENCE_SECONDS = 300
# Twice the seconds within which a change reaches every process.
SOON = 4


def eventually(holds: Callable[[], object], seconds: float = SOON) -> bool:
    """Return whether `holds` became true within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False
