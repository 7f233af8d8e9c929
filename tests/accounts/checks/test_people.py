"""The check of the user model of a project that has one of its own."""

import pytest
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.test.utils import isolate_apps

from accounts.checks import people
from accounts.user_model import User


def test_model_of_this_project_has_all_fields() -> None:
    assert people.missing_fields(User) == []
    assert people.check_user_model() == []


@isolate_apps("accounts")
def test_fields_that_a_model_lacks_are_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Member(AbstractBaseUser):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"

        class Meta:
            app_label = "oauth_mcp"

        def __str__(self) -> str:
            return self.email

    monkeypatch.setattr(people, "User", Member)
    [error] = people.check_user_model()
    assert error.id == "accounts.E039"
    assert error.msg.endswith("has no field is_active, is_superuser, groups, user_permissions.")
    assert "PermissionsMixin" in str(error.hint)


@isolate_apps("accounts")
def test_model_with_permissions_lacks_only_the_column_of_suspension() -> None:
    class Member(AbstractBaseUser, PermissionsMixin):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"

        class Meta:
            app_label = "oauth_mcp"

        def __str__(self) -> str:
            return self.email

    assert people.missing_fields(Member) == ["is_active"]
