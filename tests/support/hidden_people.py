"""A manager of people that hides some, as that of a site which keeps the rows of deleted people."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from accounts.models import User, UserManager, hides_people

MARK = "deleted"


@contextmanager
def hiding() -> Iterator[None]:
    """Hide the people whose first name is MARK."""
    every = UserManager.get_queryset

    def shown(manager: UserManager) -> object:
        return every(manager).exclude(first_name=MARK)

    try:
        with mock.patch.object(UserManager, "get_queryset", shown):
            hides_people.cache_clear()
            yield
    finally:
        hides_people.cache_clear()


def hide_everybody() -> None:
    User._base_manager.update(first_name=MARK)
