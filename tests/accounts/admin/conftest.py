"""Fixtures of the tests of admin: an authorization, a staff member and a superuser."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Permission

from accounts.models import Authorization, User
from tests.support.admin.staff import person_with
from tests.support.factories import PASSWORD, make_authorization, make_client, make_user


@pytest.fixture
def authorization() -> Authorization:
    return make_authorization(make_user("ada", first_name="Ada"), make_client(name="Analytical Engine"))


@pytest.fixture
def helper() -> User:
    """A staff member with every permission, who is not a superuser."""
    return person_with(*Permission.objects.values_list("codename", flat=True), username="helper")


@pytest.fixture
def boss() -> User:
    boss = make_user("boss", password=PASSWORD, is_staff=True, is_superuser=True, email="boss@example.com")
    TOTP.activate(boss, generate_totp_secret())
    SocialAccount.objects.create(user=boss, provider="sso", uid="7")
    return boss
