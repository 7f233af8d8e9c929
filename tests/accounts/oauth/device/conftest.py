"""Fixtures: a device whose client needs no credentials."""

import pytest

from tests.support.oauth.devices import Device


@pytest.fixture
def device(db: None) -> Device:
    return Device.register()
