"""Staff with permissions in admin, and their browsers."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client as Browser

from accounts.models import User
from tests.support.factories import make_user

NEW = "a-quite-new-and-long-one"
ADD_FORM = {"username": "grace", "password1": NEW, "password2": NEW, "usable_password": "true"}


def person_with(*permissions: str, **fields: Any) -> User:
    person = make_user(is_staff=True, **fields)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def browser_of(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def staff_with(*permissions: str) -> Browser:
    """Return the browser of a staff member who has only `permissions`."""
    return browser_of(person_with(*permissions))


def every_permission_but(*left_out: str) -> Browser:
    return staff_with(*Permission.objects.exclude(codename__in=left_out).values_list("codename", flat=True))
