"""Service people cannot sign in, in any way, and nothing about the sign-in reveals which names are theirs."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Event, User
from accounts.people.passkeys.forms import LoginForm
from accounts.people.reset_tokens import TokenGenerator
from tests.support.factories import PASSWORD
from tests.support.oauth.machines import make_service_person
from tests.support.people.single_sign_on import arrive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_limits")]


@pytest.fixture
def robot() -> User:
    return make_service_person("robot")


@pytest.fixture
def with_password(robot: User) -> User:
    """A service person whose row has a password, as only a script could write it."""
    other = User()
    other.set_password(PASSWORD)
    User.objects.filter(pk=robot.pk).update(password=other.password)
    return User.objects.get(pk=robot.pk)


def is_signed_in(browser: Browser) -> bool:
    return browser.get(reverse("oauth_mcp:connected_apps")).status_code == 200


@pytest.mark.usefixtures("with_password")
def test_password_does_not_sign_it_in() -> None:
    browser = Browser()
    page = browser.post(reverse("account_login"), {"login": "robot", "password": PASSWORD})
    assert "The username and/or password you specified are not correct." in page.text
    assert not is_signed_in(browser)
    assert Event.objects.get(kind=Event.Kind.SIGN_IN).reason == "wrong_credentials"


def test_session_of_it_is_not_accepted(robot: User) -> None:
    browser = Browser()
    browser.force_login(robot)
    assert not is_signed_in(browser)


def test_person_who_becomes_one_is_signed_out_and_their_password_is_deleted() -> None:
    ada = User.objects.create_user("ada", password=PASSWORD)
    browser = Browser()
    browser.force_login(ada)
    assert is_signed_in(browser)
    ada.is_service = True
    ada.save()
    assert not is_signed_in(browser)
    assert not User.objects.get(pk=ada.pk).has_usable_password()


def test_passkey_does_not_sign_it_in(robot: User, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Authenticator.objects.create(user=robot, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"})
    monkeypatch.setattr(LoginForm, "clean_credential", lambda form: key)
    browser = Browser()
    answer = browser.post(reverse("mfa_login_webauthn"), {"credential": '{"id": "x"}'})
    assert answer["Location"] == reverse("account_inactive")
    assert not is_signed_in(browser)
    assert Event.objects.get(kind=Event.Kind.SIGN_IN).reason == "service_person"


@pytest.mark.usefixtures("provider")
def test_account_at_the_provider_does_not_sign_it_in(robot: User, provider: Any) -> None:
    SocialAccount.objects.create(user=robot, provider="sso", uid=provider.claims["sub"])
    browser = Browser()
    arrive(browser)
    assert not is_signed_in(browser)


@pytest.mark.usefixtures("provider")
def test_verified_address_at_the_provider_does_not_match_it(robot: User) -> None:
    EmailAddress.objects.create(user=robot, email="ada@example.com", verified=True, primary=True)
    browser = Browser()
    arrive(browser)
    assert not is_signed_in(browser)
    assert not SocialAccount.objects.exists()


def test_no_link_for_a_new_password_is_sent_to_it(robot: User) -> None:
    EmailAddress.objects.create(user=robot, email="robot@example.com", verified=True, primary=True)
    page = Browser().post(reverse("account_reset_password"), {"email": "robot@example.com"})
    assert (page.status_code, mail.outbox) == (302, [])


def test_link_for_a_new_password_does_not_work(robot: User) -> None:
    token = TokenGenerator().make_token(robot)
    assert not TokenGenerator().check_token(robot, token)


def test_password_cannot_be_set(robot: User) -> None:
    robot.set_password(PASSWORD)
    robot.save()
    assert not User.objects.get(pk=robot.pk).has_usable_password()


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_database_refuses_one_that_is_staff(robot: User, flag: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=robot.pk).update(**{flag: True})


def test_import_of_people_skips_them(tmp_path: Any, capsys: Any) -> None:
    fields = '{"username": "imported", "password": "", "is_service": true}'
    file = tmp_path / "people.json"
    file.write_text(f'[{{"model": "oauth_mcp.user", "pk": 1, "fields": {fields}}}]')
    with pytest.raises(SystemExit):
        call_command("import_people", str(file))
    assert "a service person" in capsys.readouterr().out
    assert not User.objects.filter(username="imported").exists()
