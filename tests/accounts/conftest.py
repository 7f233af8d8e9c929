"""Fixtures: an app that registered itself, and a person at a browser who is signed in."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import User
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.identity_provider import Provider


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


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    running = Provider()
    app = {
        "provider_id": "sso",
        "name": "Example Inc.",
        "client_id": "us",
        "secret": "secret",
        "settings": {"server_url": running.issuer},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield running
    running.close()
