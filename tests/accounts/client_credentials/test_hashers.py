"""Client secrets at rest: one salted SHA-256, through Django's own password functions."""

import pytest
from django.contrib.auth.hashers import check_password, get_hasher, identify_hasher, make_password

from accounts.client_credentials.hashers import RandomSecretHasher

SECRET = "a-random-secret"


@pytest.fixture
def encoded() -> str:
    return make_password(SECRET, hasher="random_secret_sha256")


def test_django_finds_the_hasher_by_its_name(encoded: str) -> None:
    assert isinstance(get_hasher("random_secret_sha256"), RandomSecretHasher)
    assert isinstance(identify_hasher(encoded), RandomSecretHasher)


def test_the_right_secret_is_known_and_no_other(encoded: str) -> None:
    assert check_password(SECRET, encoded)
    for wrong in ("", "another", SECRET + "x", SECRET[:-1], SECRET.upper(), encoded, "ä", "\x00", "\ud800"):
        assert not check_password(wrong, encoded)


def test_the_secret_cannot_be_read_from_what_is_stored(encoded: str) -> None:
    assert SECRET not in encoded
    assert encoded.startswith("random_secret_sha256$")


def test_the_same_secret_is_stored_differently_each_time(encoded: str) -> None:
    assert make_password(SECRET, hasher="random_secret_sha256") != encoded


def test_the_summary_masks_the_hash(encoded: str) -> None:
    summary = identify_hasher(encoded).safe_summary(encoded)
    assert encoded.rsplit("$", 1)[1] not in str(summary)
    assert "*" in str(summary)


def test_people_do_not_get_it_for_their_passwords() -> None:
    assert not make_password(SECRET).startswith("random_secret_sha256$")
