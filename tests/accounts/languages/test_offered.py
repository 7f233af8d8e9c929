"""Language tags, and the offered languages that they name."""

import pytest
from pytest_django import Settings

from accounts.languages.offered import first_accepted, first_of, offered, offered_variant


def test_a_language_without_a_catalogue_is_not_offered(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("nl", "Nederlands")]
    assert offered() == {"en": "English", "de": "Deutsch"}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("pt", "pt-br"),
        ("pt_BR", "pt-br"),
        ("zh-CN", "zh-hans"),
        ("zh-Hans-SG", "zh-hans"),
        ("nl", ""),
        ("", ""),
        ("../../etc", ""),
        ("de\x00", ""),
        ("d" * 600, ""),
    ],
)
def test_a_tag_names_the_nearest_offered_language(tag: str, code: str) -> None:
    assert offered_variant(tag) == code


def test_first_offered_language_of_a_list_is_taken() -> None:
    assert first_of("nl fr-CA de") == "fr"
    assert first_of("  ") == ""
    assert first_of("nl " * 200 + "de") == ""
    assert first_accepted("nl, de;q=0.5, fr;q=0.9") == "fr"
    assert first_accepted("*, de;q=0.5") == ""
    assert first_accepted("\x00;;q=a") == ""
