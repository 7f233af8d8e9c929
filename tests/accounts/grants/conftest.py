"""Fixtures of the tests of grants."""

from typing import Any

import pytest
from django.test import Client as Browser

from tests.support.flows import App


@pytest.fixture
def tokens(browser: Browser, app: App) -> dict[str, Any]:
    return app.connect(browser, scope="read write")
