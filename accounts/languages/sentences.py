"""Sentences that follow each other in one paragraph."""

from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Languages whose full stop is as wide as a character and a space.
WITHOUT_SPACE = ("ja", "zh")


def gap() -> str:
    """Return what stands between two sentences in the language of the reader."""
    return "" if (get_language() or "").startswith(WITHOUT_SPACE) else " "


def join(*sentences: "StrOrPromise") -> str:
    """Return the `sentences` that are not empty as one text."""
    return gap().join(str(each) for each in sentences if each)
