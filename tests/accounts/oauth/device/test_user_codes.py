"""User codes: their form, and the keyed hash that is stored."""

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.grants.device import user_codes
from accounts.models import User
from tests.support.oauth.devices import Device, type_code


def test_codes_differ_and_are_read_as_they_are_shown() -> None:
    codes = {user_codes.generate() for _ in range(200)}
    assert len(codes) == 200
    assert {user_codes.read(code) for code in codes} == codes


@pytest.mark.django_db
def test_code_is_found_after_the_secret_key_was_rotated(device: Device, person: User, settings: Settings) -> None:
    code = device.codes()["user_code"]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 5
    browser = Browser()
    browser.force_login(person)
    assert type_code(browser, code).status_code == 200
