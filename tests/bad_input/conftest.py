"""Fixtures: a person with a connected client, and a check that nothing is written."""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import User
from tests.bad_input.requests import World, make_world
from tests.bad_input.tables import stored


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def unhindered(settings: Settings) -> None:
    """No limit on failed sign-ins, and no address of a client's that is looked up."""
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.LIMITS = dict.fromkeys(settings.LIMITS, "0")
    settings.CLIENT_DOCUMENT_HOSTS = []


@pytest.fixture
def nothing_written(world: World) -> Iterator[None]:
    before = stored()
    yield
    assert stored() == before


@pytest.fixture
def browser() -> Browser:
    """One that has no CSRF token, as machines have none, and shows a defect as the 500 that it is."""
    return Browser(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def signed_in(browser: Browser, world: World) -> Browser:
    browser.force_login(world.person, "django.contrib.auth.backends.ModelBackend")
    browser.handler.enforce_csrf_checks = False
    # Of the sign-in, only the session stays.
    User.objects.update(last_login=None)
    return browser
