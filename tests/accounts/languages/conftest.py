"""Languages that are offered, whether or not their catalogues are written."""

import struct
from pathlib import Path

import pytest
from pytest_django import Settings

# A catalogue without messages: magic, version, number of messages, offsets.
EMPTY = struct.pack("<7I", 0x950412DE, 0, 0, 28, 28, 0, 28)


@pytest.fixture(autouse=True)
def _catalogues(settings: Settings, tmp_path: Path) -> None:
    for locale in ("ar", "de", "fr", "pt_BR", "zh_Hans"):
        folder = tmp_path / locale / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.mo").write_bytes(EMPTY)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [
        *(("en", "English"), ("ar", "العربية"), ("de", "Deutsch"), ("fr", "Français")),
        *(("pt-br", "Português (Brasil)"), ("zh-hans", "简体中文")),
    ]
