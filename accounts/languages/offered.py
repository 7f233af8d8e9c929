"""Languages that pages are offered in: those of the setting LANGUAGES that have a catalogue here, and English."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import to_locale
from django.utils.translation.trans_real import parse_accept_lang_header

# The language of messages in the code.
SOURCE = "en"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
# In characters: of a language tag (RFC 5646 section 4.4.1), and of a list of them. Django reads no more of the header.
LONGEST_TAG = 35
LONGEST_HEADER = 500
# Of the space-separated list `ui_locales`.
MOST_TAGS = 20


def offered() -> dict[str, str]:
    """Return the names of the languages by their codes, as in LANGUAGES."""
    if not settings.USE_I18N:
        return {}
    paths = (CATALOGUES, *map(Path, settings.LOCALE_PATHS))
    return {code: str(name) for code, name in settings.LANGUAGES if code == SOURCE or _is_translated(code, paths)}


@lru_cache(maxsize=256)
def _is_translated(code: str, paths: tuple[Path, ...]) -> bool:
    return any((path / to_locale(code) / "LC_MESSAGES" / "django.mo").exists() for path in paths)


def offered_variant(tag: str) -> str:
    """Return the code of the offered language for a language tag, such as `pt-br` for `pt`; "" if there is none."""
    if not 0 < len(tag) <= LONGEST_TAG:
        return ""
    try:
        code = translation.get_supported_language_variant(tag.lower().replace("_", "-"))
    except LookupError:
        return ""
    return code if code in offered() else ""


def first_accepted(header: str) -> str:
    """Return the first offered language of an Accept-Language header (RFC 9110 section 12.5.4); "" if none is."""
    for tag, _ in parse_accept_lang_header(header[:LONGEST_HEADER]):
        if tag == "*":
            break
        if code := offered_variant(tag):
            return code
    return ""


def first_of(ui_locales: str) -> str:
    """Return the first offered language of `ui_locales` (OpenID Connect Core section 3.1.2.1); "" if none is."""
    tags = ui_locales[:LONGEST_HEADER].split(" ")[:MOST_TAGS]
    return next((code for tag in tags if (code := offered_variant(tag))), "")
