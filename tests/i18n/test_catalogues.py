"""Catalogues are whole: each message has a translation with the same placeholders and tags, compiled."""

import gettext
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import to_locale

from tests.conftest import missing
from tests.support.i18n.catalogues import FOLDERS, PROJECT, Entry, catalogues, entries, extracted

pytestmark = pytest.mark.any_database

PLACEHOLDER = re.compile(r"%\(\w+\)[#0-9. +-]*[a-z]|%[srd]|\{\w*(?:[.!:][^}]*)?\}")
TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?>")
CATALOGUES = catalogues()
NAMES = [str(path.relative_to(PROJECT).parent.parent) for path in CATALOGUES]


def messages(path: Path) -> list[Entry]:
    return [entry for entry in entries(path) if entry.text]


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text.replace("%%", "")))


def tags(text: str) -> Counter[str]:
    return Counter(TAG.findall(text))


def plural_forms(path: Path) -> int:
    header = next(entry for entry in entries(path) if not entry.text)
    found = re.search(r"nplurals=(\d+)", header.translations[0])
    assert found, f"{path} has no Plural-Forms"
    return int(found[1])


def differs(entry: Entry) -> bool:
    """Whether a translation has other placeholders or tags than both forms of its message."""
    originals = [text for text in (entry.text, entry.plural) if text]
    allowed = [placeholders(text) for text in originals]
    # A form for one number may write the number as a word.
    if entry.plural:
        names = [set(each) for each in allowed]
        wrong = any(not set(placeholders(text)) <= set.union(*names) for text in entry.translations.values())
    else:
        wrong = any(placeholders(text) not in allowed for text in entry.translations.values())
    return wrong or any(tags(text) not in [tags(each) for each in originals] for text in entry.translations.values())


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_every_message_is_translated_in_every_plural_form(path: Path) -> None:
    forms = set(range(plural_forms(path)))
    lacking = [
        entry.text
        for entry in messages(path)
        if set(entry.translations) != (forms if entry.plural else {0}) or not all(entry.translations.values())
    ]
    assert lacking == []


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_no_translation_is_a_guess(path: Path) -> None:
    assert [entry.text for entry in messages(path) if "fuzzy" in entry.flags] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_placeholders_and_tags_are_those_of_the_message(path: Path) -> None:
    assert [(entry.text, entry.translations) for entry in messages(path) if differs(entry)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_compiled_catalogue_is_that_of_the_source(path: Path) -> None:
    expected: dict[object, str] = {}
    for entry in messages(path):
        key = f"{entry.context}\x04{entry.text}" if entry.context else entry.text
        for number, text in ((number, text) for number, text in entry.translations.items() if text):
            expected[(key, number) if entry.plural else key] = text
    with path.with_suffix(".mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined] # not public
    compiled.pop("", None)
    assert compiled == expected


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_message_of_the_code_is_missing_or_left_over(folder: str, tmp_path: Path) -> None:
    found = [path for path in CATALOGUES if PROJECT / folder in path.parents]
    if not found:
        pytest.skip("no catalogue yet")
    if shutil.which("xgettext") is None:
        missing("GNU gettext is not installed")
    keys = {key for key in extracted(folder, tmp_path) if key[1]}
    differing = {
        str(path.relative_to(PROJECT)): sorted(keys ^ {entry.key for entry in messages(path)}) for path in found
    }
    assert {path: each for path, each in differing.items() if each} == {}


def test_each_folder_has_the_same_languages_and_all_are_settings() -> None:
    found = {
        folder: {path.parent.parent.name for path in CATALOGUES if PROJECT / folder in path.parents}
        for folder in FOLDERS
    }
    languages = {to_locale(code) for code, _ in settings.LANGUAGES} - {"en"}
    assert [names for names in found.values() if names not in (set(), languages)] == []
