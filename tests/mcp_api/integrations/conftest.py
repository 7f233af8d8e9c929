"""A library with a few books, and clients of those who read and of those who keep it."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache

from tests.library.models import Author, Book
from tests.mcp_api.conftest import Caller, make_caller


@pytest.fixture(autouse=True)
def nobody_is_throttled_yet() -> None:
    cache.clear()


@pytest.fixture
def books(db: None, library: None) -> list[Book]:
    """Four, by two authors; the note is nobody's business."""
    ada = Author.objects.create(name="Ada Lovelace", born=date(1815, 12, 10))
    bob = Author.objects.create(name="Bob Dylan")
    made = [
        ("Engines", ada, "1", Book.Genre.SCIENCE, date(1843, 9, 1), "12.50", 66),
        ("Notes", ada, "2", Book.Genre.SCIENCE, None, "3.00", 20),
        ("Songs", bob, "3", Book.Genre.POEMS, date(1965, 7, 20), "20.00", 300),
        ("Tarantula", bob, "4", Book.Genre.NOVEL, date(1971, 5, 1), "9.90", 137),
    ]
    return [
        Book.objects.create(
            title=title,
            author=author,
            isbn=f"978000000000{isbn}",
            genre=genre,
            published=published,
            price=Decimal(price),
            pages=pages,
            note="not to be seen",
        )
        for title, author, isbn, genre, published, price, pages in made
    ]


@pytest.fixture
def reader(books: list[Book]) -> Caller:
    """Somebody without any of Django's permissions."""
    return make_caller(scope="read write library:lend")


@pytest.fixture
def librarian(reader: Caller) -> Caller:
    """The same person, who may do everything to books."""
    permissions = Permission.objects.filter(content_type__app_label="library", content_type__model="book")
    reader.person.user_permissions.set(permissions)
    return reader
