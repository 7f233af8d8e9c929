"""The columns of a person, as other code asks for them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.test.utils import isolate_apps

from accounts.user_model import User, fields
from tests.support.factories import make_user


def model_with_key(key: "models.Field[Any, Any]") -> Any:
    class Member(AbstractBaseUser):
        number = key
        USERNAME_FIELD = "number"

        class Meta:
            app_label = "oauth_mcp"

        def __str__(self) -> str:
            return str(self.number)

    return Member


def test_columns_are_those_of_this_project_s_model() -> None:
    assert (fields.USERNAME, fields.EMAIL, fields.PRIVATE) == (
        "username",
        "email",
        ["first_name", "last_name", "email"],
    )


def test_only_columns_of_the_model_are_existing_ones() -> None:
    assert fields.existing(["username", "groups", "nickname", "", "is_active"]) == ["username", "is_active"]


@pytest.mark.django_db
def test_name_and_address_are_those_of_the_person() -> None:
    ada = make_user("ada", first_name="Ada", last_name="Lovelace", email="ada@example.com")
    assert (fields.full_name_of(ada), fields.email_of(ada)) == ("Ada Lovelace", "ada@example.com")


def test_person_of_a_model_without_them_has_no_name_and_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "EMAIL", "")
    assert (fields.full_name_of(object()), fields.email_of(object())) == ("", "")


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "\uff11", "1" * 19, "1\x00", "0x1"])
def test_text_that_is_no_key_names_no_person(text: str) -> None:
    assert fields.primary_key(text) is None


def test_number_names_a_person() -> None:
    assert fields.primary_key("17") == 17


@isolate_apps("accounts")
@pytest.mark.parametrize("text", ["", "17", "x", "\x00", "0" * 300])
def test_text_that_is_no_uuid_names_no_person(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(fields, "User", model_with_key(models.UUIDField(primary_key=True)))
    assert fields.primary_key(text) is None


@isolate_apps("accounts")
def test_uuid_names_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "User", model_with_key(models.UUIDField(primary_key=True)))
    key = uuid4()
    assert fields.primary_key(str(key)) == key


@pytest.mark.parametrize(("key", "shown"), [(7, 7), (None, None), ("ada", "ada"), (UUID(int=1), str(UUID(int=1)))])
def test_key_is_a_number_or_a_text_in_json(key: object, shown: object) -> None:
    assert fields.as_json(key) == shown


def test_model_is_this_project_s() -> None:
    assert User._meta.label == "oauth_mcp.User"
