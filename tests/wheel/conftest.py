"""The wheel, and environments in which it is installed."""

from pathlib import Path

import pytest

from tests.support.packaging.environments import Overlay
from tests.support.packaging.wheel import built_wheel, python_of_the_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Overlay:
    """An environment with the wheel and what it depends on, and nothing else."""
    made = Overlay(python_of_the_wheel(), tmp_path_factory.mktemp("installed"))
    made.pip("install", wheel)
    return made
