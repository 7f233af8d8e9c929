"""The language and the time zone of a call: those of its client and of the project, and none that another call left."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header

# Django reads no more of the header either.
LONGEST_HEADER = 500


@contextmanager
def call_locale(language: str) -> Iterator[None]:
    """Activate `language`, or the project's for "", and the default time zone; restore both afterwards.

    A thread answers one request after the other: without this, a language that a tool activates would stay.
    """
    with translation.override(language or settings.LANGUAGE_CODE), timezone.override(None):
        yield


def accepted_language(header: str) -> str:
    """Return the first language of an Accept-Language header that the project supports; "" if there is none."""
    return _accepted_language(header[:LONGEST_HEADER]) if header and settings.USE_I18N else ""


@lru_cache(maxsize=256)
def _accepted_language(header: str) -> str:
    for code, _ in parse_accept_lang_header(header):
        if code == "*":
            break
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return ""
