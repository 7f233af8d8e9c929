"""Fixtures: a person with a connected client, their browser, and the number of requests sent."""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from tests.bad_input.requests import World, make_world
from tests.fuzz.requests import sent
from tests.support.factories import make_user


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    settings.LIMITS = dict.fromkeys(settings.LIMITS, "0")
    # No address that Hypothesis thinks up is fetched.
    settings.CLIENT_DOCUMENT_HOSTS = []
    return make_world()


@pytest.fixture(scope="session", autouse=True)
def tally() -> Iterator[None]:
    """Print how much was sent, which tests/faults/fuzz.py reads."""
    yield
    print(f"\n{sum(sent.values())} requests: {dict(sorted(sent.items()))}")


@pytest.fixture
def browser() -> Browser:
    return Browser(raise_request_exception=False)


@pytest.fixture
def signed_in(browser: Browser, world: World) -> Browser:
    browser.force_login(world.person, "django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def operator(world: World) -> Browser:
    """The browser of a superuser."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(make_user(is_staff=True, is_superuser=True), "django.contrib.auth.backends.ModelBackend")
    return browser
