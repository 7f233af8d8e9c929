"""Authorizations that end with a new password, a suspension or a deletion."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken, User
from accounts.revocation.authorizations import revoke
from tests.support.factories import PASSWORD, make_authorization, make_client, make_user
from tests.support.flows import App, approve, sign_in
from tests.support.oauth.authorizations import is_live, revocations

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a new correct horse battery"


def change_by_form(person: User) -> None:
    sign_in(person).post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )


def change_in_admin(person: User) -> None:
    admin = sign_in(make_user("operator", is_staff=True, is_superuser=True))
    form = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    admin.post(reverse("admin:auth_user_password_change", args=[person.pk]), form)


def change_by_command(person: User) -> None:
    with pytest.MonkeyPatch.context() as keyboard:
        keyboard.setattr("getpass.getpass", lambda prompt: NEW_PASSWORD)
        call_command("changepassword", person.username, verbosity=0)


def change_in_code(person: User) -> None:
    person.set_password(NEW_PASSWORD)
    person.save()


def change_in_code_of_this_field_alone(person: User) -> None:
    person.set_password(NEW_PASSWORD)
    person.save(update_fields=["password"])


CHANGES = [change_by_form, change_in_admin, change_by_command, change_in_code, change_in_code_of_this_field_alone]


@pytest.fixture
def ada() -> User:
    return make_user("ada", password=PASSWORD)


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_password_ends_the_persons_authorizations(ada: User, change: Callable[[User], None]) -> None:
    clients = [make_client(), make_client()]
    for client in clients:
        make_authorization(ada, client)
    bystander = make_authorization(make_user(), clients[0])

    change(User.objects.get(pk=ada.pk))

    assert User.objects.get(pk=ada.pk).check_password(NEW_PASSWORD)
    assert list(Authorization.objects.live()) == [bystander]
    assert sorted(revocations()) == sorted(("password_changed", ada.pk, client.client_id) for client in clients)


def test_a_password_made_unusable_ends_the_persons_authorizations(ada: User) -> None:
    make_authorization(ada, make_client())
    ada.set_unusable_password()
    ada.save()
    assert not is_live()


def test_a_password_that_was_mistyped_ends_nothing(ada: User) -> None:
    make_authorization(ada, make_client())
    form = {"oldpassword": "mistyped", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    sign_in(ada).post(reverse("account_change_password"), form)
    assert is_live()


def test_a_hash_that_is_upgraded_at_sign_in_ends_nothing(ada: User) -> None:
    make_authorization(ada, make_client())
    former = make_password(PASSWORD, hasher="random_secret_sha256")
    User.objects.update(password=former)

    Browser().post(reverse("account_login"), {"login": "ada", "password": PASSWORD})

    assert User.objects.get().password != former
    assert User.objects.get().last_login is not None
    assert (is_live(), revocations()) == (True, [])


def test_any_other_change_of_a_person_ends_nothing(ada: User) -> None:
    make_authorization(ada, make_client())
    ada.first_name = "Ada"
    ada.save()
    assert (is_live(), revocations()) == (True, [])


def test_suspending_a_person_ends_their_authorizations(ada: User) -> None:
    client = make_client()
    make_authorization(ada, client)
    ada.is_active = False
    ada.save()
    assert not is_live()
    assert revocations() == [("person_suspended", ada.pk, client.client_id)]


def test_a_person_who_comes_back_connects_anew(ada: User) -> None:
    make_authorization(ada, make_client())
    for active in (False, True):
        ada.is_active = active
        ada.save()
    assert not is_live()


@pytest.mark.parametrize("model", [User, Client])
def test_deleting_a_person_or_a_client_leaves_the_events_and_nothing_else(
    browser: Browser, person: User, app: App, model: type[User] | type[Client]
) -> None:
    app.connect(browser)
    before = Event.objects.count()

    model.objects.get().delete()

    for gone in (Consent, Authorization, Grant, AccessToken, RefreshToken):
        assert not gone._base_manager.exists()
    assert Event.objects.count() >= before
    exchanged = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (exchanged.username, exchanged.client_name) == ("ada", "My Test App")
    assert (exchanged.user_id, exchanged.client_id) == (person.pk, app.client_id)


def test_revoking_counts_and_records_only_what_was_alive(ada: User) -> None:
    authorizations = [make_authorization(ada, make_client()) for _ in range(3)]
    earlier = timezone.now() - timedelta(days=1)
    Authorization.objects.filter(pk=authorizations[0].pk).update(revoked_at=earlier)

    assert revoke(Authorization.objects.all(), reason="by_the_test") == 2

    assert len(revocations()) == 2
    authorizations[0].refresh_from_db()
    assert authorizations[0].revoked_at == earlier
    assert revoke(Authorization.objects.all(), reason="by_the_test") == 0


def test_a_code_that_was_not_redeemed_yet_is_ended_too(browser: Browser, person: User, app: App) -> None:
    code = approve(browser, app)
    person.set_password(NEW_PASSWORD)
    person.save()
    assert app.exchange(code).json()["error"] == "invalid_grant"
