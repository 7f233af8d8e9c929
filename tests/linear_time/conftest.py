"""The state of the garbage collector in a worker."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def as_in_a_worker() -> Iterator[None]:
    """Keep what other tests have left from the garbage collector, as a worker does (config/server/worker.py)."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
