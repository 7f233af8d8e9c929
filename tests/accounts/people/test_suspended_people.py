"""Suspension of a person ends their sessions and reset links, and reinstatement does not restore them."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.people.reset_tokens import TokenGenerator
from tests.support.admin.pages import press
from tests.support.factories import make_user
from tests.support.flows import sign_in

APPS = reverse("oauth_mcp:connected_apps")


@pytest.fixture
def ada(db: None) -> User:
    ada = make_user("ada", email="ada@example.com")
    EmailAddress.objects.get_or_create(user=ada, email=ada.email, defaults={"verified": True, "primary": True})
    return ada


def by_save(person: User) -> None:
    person.is_active = False
    person.save()


def by_one_field(person: User) -> None:
    person.is_active = False
    person.save(update_fields=["is_active"])


def by_statement(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def by_bulk_update(person: User) -> None:
    person.is_active = False
    User.objects.bulk_update([person], ["is_active"])


def in_admin(person: User) -> None:
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    page = reverse("admin:oauth_mcp_user_change", args=[person.pk])
    form = browser.get(page).context["adminform"].form
    shown = {name: form[name].value() for name in ("username", "first_name", "last_name", "email")}
    assert browser.post(page, shown).status_code == 302


def by_end_of_access(person: User) -> None:
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    press(browser, person, "end_access", what="suspend")


WAYS: list[Callable[[User], None]] = [by_save, by_one_field, by_statement, by_bulk_update, in_admin, by_end_of_access]


def reinstate(person: User) -> User:
    found = User.objects.get(pk=person.pk)
    assert not found.is_active
    found.is_active = True
    found.save()
    return found


def is_signed_in(browser: Browser) -> bool:
    return browser.get(APPS).status_code == 200


@pytest.mark.parametrize("suspend", WAYS)
def test_reinstating_a_person_revives_no_browser_session(ada: User, suspend: Callable[[User], None]) -> None:
    browser = sign_in(ada)
    assert is_signed_in(browser)
    suspend(ada)
    ada = reinstate(ada)
    assert not is_signed_in(browser)
    assert is_signed_in(sign_in(ada))


@pytest.mark.parametrize("suspend", WAYS)
def test_reinstating_a_person_revives_no_reset_link(ada: User, suspend: Callable[[User], None]) -> None:
    token = TokenGenerator().make_token(ada)
    assert TokenGenerator().check_token(ada, token)
    suspend(ada)
    ada = reinstate(ada)
    assert not TokenGenerator().check_token(ada, token)
    assert TokenGenerator().check_token(ada, TokenGenerator().make_token(ada))


def test_session_of_a_person_who_was_reinstated_outlives_a_new_secret_key(ada: User, settings: Settings) -> None:
    by_save(ada)
    browser = sign_in(reinstate(ada))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-many-random-characters-0123456789-abc"
    assert is_signed_in(browser)


def test_other_changes_end_no_session(ada: User) -> None:
    browser = sign_in(ada)
    User.objects.filter(pk=ada.pk).update(first_name="Ada", is_active=True)
    ada.refresh_from_db()
    ada.save()
    assert is_signed_in(browser)


@pytest.mark.django_db(transaction=True)
def test_migration_can_be_reversed() -> None:
    try:
        migrate("0014_lower_case_emails")
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, User._meta.db_table)
        assert "session_epoch" not in [column.name for column in columns]
    finally:
        migrate()


def migrate(name: str | None = None) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("oauth_mcp", name)] if name else executor.loader.graph.leaf_nodes())
