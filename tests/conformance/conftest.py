"""The conformance harness and the clients of tests/clients/node, installed."""

import pytest

from tests.clients.conftest import install_node_packages
from tests.conformance.harness import FOLDER


@pytest.fixture(scope="session")
def harness() -> None:
    install_node_packages(FOLDER)


@pytest.fixture(scope="session")
def node_packages() -> None:
    install_node_packages()
