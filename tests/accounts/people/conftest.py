"""A person who has signed in, and limits that no other test has used up."""

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from tests.support.factories import PASSWORD, make_user


@pytest.fixture
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> User:
    return make_user("ada", password=PASSWORD)


@pytest.fixture
def signed_in(ada: User) -> Browser:
    """Return the browser of a person who has signed in."""
    browser = Browser()
    browser.post(reverse("account_login"), {"login": "ada", "password": PASSWORD})
    return browser


@pytest.fixture
def confirmed(signed_in: Browser) -> Browser:
    """Return the browser of a person who has also confirmed their password just now."""
    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return signed_in
