"""Texts of packages that are translated anew: packages still have them, and none addresses people too familiarly."""

import gettext
import re
from pathlib import Path

import allauth
import django
import pytest
import rest_framework
from allauth.account.adapter import get_adapter as account_adapter
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.socialaccount.adapter import get_adapter as social_adapter
from django.utils import translation

from config.settings.reworded import REWORDED

pytestmark = pytest.mark.any_database

# Of German, in messages to one person.
FAMILIAR = re.compile(r"\b(du|dich|dir|dein\w*|gib|habe|lade|melde|versuche|wähle)\b", re.IGNORECASE)
CATALOGUES = [
    Path(str(package.__file__)).parent / folder / "fr" / "LC_MESSAGES" / "django.mo"
    for package, folder in (
        (allauth, "locale"),
        (rest_framework, "locale"),
        (django, "conf/locale"),
        (django, "contrib/admin/locale"),
        (django, "contrib/auth/locale"),
    )
]


def is_known(text: str) -> bool:
    """Whether a package's catalogue has the text, in the singular or the plural."""
    for path in CATALOGUES:
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
        if catalogue.gettext(text) != text or catalogue.ngettext(text, text, 8) != text:
            return True
    return False


@pytest.mark.parametrize("text", REWORDED, ids=str)
def test_text_is_still_that_of_a_package(text: str) -> None:
    with translation.override("en"):
        assert is_known(str(text).replace("characters.", "character."))


def test_errors_of_packages_address_people_formally() -> None:
    with translation.override("de"):
        errors = [
            str(text)
            for adapter in (account_adapter(), mfa_adapter(), social_adapter())
            for text in adapter.error_messages.values()
        ]
        errors += [translation.gettext(str(text)) for text in REWORDED]
    assert [error for error in errors if FAMILIAR.search(error)] == []


def test_password_that_is_too_short_is_explained_in_each_language() -> None:
    [short] = [text for text in REWORDED if not isinstance(text, str)]
    for code in ("ar", "zh-hans"):
        with translation.override(code):
            assert "password" not in str(short)
