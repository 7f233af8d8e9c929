"""Every way in which an authorization ends: the client's own, and what happens to the person or the client."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken, User
from accounts.revocation.authorizations import revoke
from tests.support.factories import PASSWORD, make_authorization, make_client, make_user
from tests.support.flows import App, approve, basic, post_form, sign_in

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a new correct horse battery"


@pytest.fixture
def tokens(browser: Browser, app: App) -> dict[str, Any]:
    return app.connect(browser)


def is_live() -> bool:
    return Authorization.objects.get().is_live


def revocations() -> list[tuple[str, int | None, str]]:
    return [
        (event.reason, event.user_id, event.client_id) for event in Event.objects.filter(kind=Event.Kind.REVOCATION)
    ]


# --- By the client (RFC 7009) ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_either_token_ends_the_authorization_whatever_the_hint(
    app: App, tokens: dict[str, Any], person: User, name: str, hint: str | None
) -> None:
    """RFC 7009 section 2.1: "If the server is unable to locate the token using the given hint, it MUST extend its
    search across all of its supported token types."."""
    response = app.revoke(tokens[name], token_type_hint=hint)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Cache-Control"] == "no-store"
    assert not is_live()
    assert revocations() == [("client_revoked", person.pk, app.client_id)]
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_superseded_refresh_token_still_ends_the_authorization(app: App, tokens: dict[str, Any]) -> None:
    app.refresh(tokens["refresh_token"])
    app.revoke(tokens["refresh_token"])
    assert not is_live()


def test_an_unknown_token_is_no_error(app: App, tokens: dict[str, Any]) -> None:
    """RFC 7009 section 2.2: "invalid tokens do not cause an error response"."""
    assert app.revoke("unknown").status_code == 200
    assert is_live()


def test_a_token_may_be_revoked_twice(app: App, tokens: dict[str, Any]) -> None:
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert app.revoke(tokens["access_token"]).status_code == 200
    assert len(revocations()) == 1


def test_another_clients_token_is_left_alone(app: App, tokens: dict[str, Any]) -> None:
    for other in (App.register(), App.register(token_endpoint_auth_method="none")):
        assert other.revoke(tokens["access_token"]).status_code == 200
        assert other.revoke(tokens["refresh_token"]).status_code == 200
    assert is_live()


def test_the_persons_other_authorizations_are_left_alone(browser: Browser, app: App, tokens: dict[str, Any]) -> None:
    again = app.connect(browser)
    app.revoke(tokens["access_token"])
    assert Authorization.objects.live().count() == 1
    assert app.refresh(again["refresh_token"]).status_code == 200


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_secret": None}, {"client_id": "unknown"}])
def test_a_client_must_prove_itself_to_revoke(app: App, tokens: dict[str, Any], changes: dict[str, str | None]) -> None:
    """RFC 7009 section 2.1: "The authorization server first validates the client credentials"."""
    response = app.revoke(tokens["access_token"], **changes)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert is_live()


def test_a_client_may_prove_itself_in_the_header(app: App, tokens: dict[str, Any]) -> None:
    header = basic(app.client_id, app.client_secret)
    assert post_form("/oauth/revoke", {"token": tokens["access_token"]}, authorization=header).status_code == 200
    assert not is_live()


def test_a_client_without_a_secret_may_revoke(browser: Browser) -> None:
    app = App.register(token_endpoint_auth_method="none")
    app.revoke(app.connect(browser)["refresh_token"])
    assert not is_live()


@pytest.mark.parametrize("token", [None, ""])
def test_a_revocation_that_names_no_token_is_refused(app: App, token: str | None) -> None:
    response = post_form("/oauth/revoke", {"token": token, **app.credentials})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


# --- By a change of password -------------------------------------------------------------------


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


# --- By suspension and deletion ----------------------------------------------------------------


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


# --- Revoking itself ---------------------------------------------------------------------------


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
