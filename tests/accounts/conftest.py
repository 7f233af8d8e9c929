"""Fixtures: an app that registered itself, and a person at a browser who is signed in."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser

from accounts.models import User
from tests.support.factories import make_user
from tests.support.flows import App, sign_in


@pytest.fixture
def app(db: None) -> App:
    return App.register()


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def browser(person: User) -> Browser:
    return sign_in(person)


def staff_with(*permissions: str) -> Browser:
    """The browser of somebody who may do no more than `permissions` in admin."""
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Browser()
    browser.force_login(person)
    return browser
