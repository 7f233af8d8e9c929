"""The system checks of SECRET_KEY: a key that can be guessed is refused."""

import secrets
from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from pytest_django import Settings

from accounts.checks import refuse_unsafe_settings
from accounts.crypto.secret_keys import weakness_of
from tests.accounts.checks.shared import GOOD_KEY, apply, ours

pytestmark = pytest.mark.any_database

WEAK_KEYS = [
    ("secret", "fewer than 50 characters"),
    ("changeme", "fewer than 50 characters"),
    ("…", "fewer than 50 characters"),
    (GOOD_KEY[:49], "fewer than 50 characters"),
    ("a" * 64, "fewer than 5 different characters"),
    ("abcd" * 16, "fewer than 5 different characters"),
    ("django-insecure-" + GOOD_KEY, "begins with"),
    ("please-change-me-before-you-go-into-production-0123456789", "from an example"),
    ("YOUR_SECRET_HERE_AT_LEAST_FIFTY_CHARACTERS_0123456789_ABC", "from an example"),
    ("abcdefgh" * 8, "repeats itself"),
    ("0123456789" * 5 + "0123", "repeats itself"),
    ("Z" + "abcde12345" * 6, "repeats itself"),
    ("correct horse battery staple correct horse battery st", "repeats itself"),
    ("hunter2" + "x" * 45 + "abc", "repeats itself"),
    ("xaxbxcxdxexfxgxhxixjxkxlxmxnxoxpxqxrxsxtxuxvxwxyxzx0", "mostly of one character"),
    ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP", "in the order of the alphabet"),
    ("zyxwvutsrqponmlkjihgfedcba9876543210ZYXWVUTSRQPONMLK", "in the order of the alphabet"),
    ("aabbccddeeffgghhiijjkkllmmnnooppqqrrssttuuvvwwxxyyzz", "in the order of the alphabet"),
    ("qwertyuiopasdfghjklzxcvbnm1234567890-=QWERTYUIOP[]AS", "of a keyboard"),
    ("q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c2v3b4n5m6", "of a keyboard"),
]


@pytest.mark.parametrize(
    "make", [lambda: secrets.token_urlsafe(50), get_random_secret_key, lambda: secrets.token_hex(32)]
)
def test_a_random_key_is_accepted(make: Callable[[], str]) -> None:
    assert {weakness_of(make()) for _ in range(2000)} == {""}


@pytest.mark.parametrize(("key", "weakness"), WEAK_KEYS, ids=[weakness for _, weakness in WEAK_KEYS])
def test_a_key_that_can_be_guessed_is_refused_and_never_shown(settings: Settings, key: str, weakness: str) -> None:
    apply(settings, {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": [key]})
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_settings()
    assert str(caught.value).count(weakness) == 2  # of both settings
    assert "accounts.E017" in str(caught.value)
    assert "accounts.E018" in str(caught.value)
    assert len(key) < 10 or key not in str(caught.value)


def test_the_command_that_errors_name_makes_a_key_that_is_accepted(settings: Settings) -> None:
    for _ in range(100):
        settings.SECRET_KEY = GOOD_KEY
        assert ours() == []
