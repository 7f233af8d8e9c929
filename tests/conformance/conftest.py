"""The conformance harness, installed."""

import pytest

from tests.clients.conftest import install_node_packages
from tests.conformance.harness import FOLDER


@pytest.fixture(scope="session")
def harness() -> None:
    install_node_packages(FOLDER)
