"""Fixtures of the tests of the OAuth endpoints."""

import pytest
from django.test import Client as Browser

from accounts.models import User
from tests.support.flows import App, approve, sign_in


@pytest.fixture(params=["signed in", "signed out"])
def anybody(request: pytest.FixtureRequest, person: User) -> Browser:
    return sign_in(person) if request.param == "signed in" else Browser()


@pytest.fixture
def code(browser: Browser, app: App) -> str:
    return approve(browser, app, scope="read write")
