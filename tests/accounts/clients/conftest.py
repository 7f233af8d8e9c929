"""Fixtures of the tests of clients."""

from typing import Any

import pytest


@pytest.fixture
def reviewed(settings: Any) -> None:
    settings.REGISTRATION = "reviewed"
