"""Fixtures: a server without rate limits."""

from collections.abc import Iterator

import pytest

from tests.faults.load import unlimited
from tests.support.database import Template
from tests.support.servers.server import LiveServer


@pytest.fixture(scope="module")
def loaded(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template, **unlimited()) as running:
        yield running
