"""Removal of an email address: a page asks before."""

import pytest

from accounts.models import User
from tests.accounts.email.address_page import PAGE, claim, rows_of, signed_in
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.com"
REMOVE = {"email": ADDRESS, "action_remove": ""}


@pytest.fixture
def ada() -> User:
    return make_user("ada", password=PASSWORD)


def test_page_asks_before_an_address_is_removed(ada: User) -> None:
    claim(ada, ADDRESS)
    browser = signed_in(ada)
    assert f"Remove <bdi>{ADDRESS}</bdi>?" in browser.post(PAGE, REMOVE).text
    assert ADDRESS in rows_of(ada)
    browser.post(PAGE, {**REMOVE, "confirmed": ADDRESS})
    assert rows_of(ada) == {}


@pytest.mark.parametrize("confirmed", ["", "other@example.com"])
def test_confirmation_of_another_address_removes_nothing(ada: User, confirmed: str) -> None:
    claim(ada, ADDRESS)
    signed_in(ada).post(PAGE, {**REMOVE, "confirmed": confirmed})
    assert ADDRESS in rows_of(ada)


def test_address_of_somebody_else_is_not_asked_about(ada: User) -> None:
    claim(make_user("grace"), ADDRESS)
    page = signed_in(ada).post(PAGE, REMOVE)
    assert (page.status_code, ADDRESS in page.text) == (302, False)
