"""Who takes part: an app that registered itself, and a person at a browser who is signed in."""

import pytest
from django.test import Client as Browser

from accounts.models import User
from tests.factories import make_user
from tests.flows import App, sign_in


@pytest.fixture
def app(db: None) -> App:
    return App.register()


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def browser(person: User) -> Browser:
    return sign_in(person)
