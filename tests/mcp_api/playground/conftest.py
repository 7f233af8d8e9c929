"""A person who is signed in, with DEBUG, and a book."""

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import User
from tests.library.models import Author, Book
from tests.support.factories import make_user


@pytest.fixture
def debug(settings: Settings) -> None:
    settings.DEBUG = True


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def browser(ada: User) -> Browser:
    signed_in = Browser()
    signed_in.force_login(ada)
    return signed_in


@pytest.fixture
def book() -> Book:
    author = Author.objects.create(name="Bob Dylan")
    return Book.objects.create(title="Tarantula", author=author, isbn="9780000000001")
