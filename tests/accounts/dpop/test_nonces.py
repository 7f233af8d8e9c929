"""Nonces of DPoP proofs: each process accepts those of the others, for five minutes."""

import time

import pytest
from pytest_django import Settings

from accounts.dpop import nonces


def test_a_nonce_is_valid_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce, now = nonces.make(), time.time()
    assert nonces.is_valid(nonce)
    monkeypatch.setattr(time, "time", lambda: now + 299)
    assert nonces.is_valid(nonce)
    monkeypatch.setattr(time, "time", lambda: now + 302)
    assert not nonces.is_valid(nonce)


def test_a_nonce_outlives_a_new_secret_key(settings: Settings) -> None:
    nonce = nonces.make()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    assert nonces.is_valid(nonce)
    settings.SECRET_KEY_FALLBACKS = []
    assert not nonces.is_valid(nonce)


def test_a_new_nonce_is_offered_in_the_second_half_of_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce, now = nonces.make(), time.time()
    assert nonces.renewal("") != ""
    assert nonces.renewal(nonce) == ""
    monkeypatch.setattr(time, "time", lambda: now + 160)
    assert nonces.is_valid(nonces.renewal(nonce))


def test_a_nonce_has_only_the_characters_of_the_rfc() -> None:
    """RFC 9449 section 8.1: `nonce = 1*NQCHAR`."""
    assert all("!" <= character <= "~" and character not in '"\\' for character in nonces.make())


@pytest.mark.parametrize("text", ["", ".", "n", "n.1.\ud800", "\ud800.1.x", "n.\ud800.x", "é.1.x", "n.1." + "x" * 125])
def test_no_other_text_is_a_nonce(text: str) -> None:
    assert not nonces.is_valid(text)
