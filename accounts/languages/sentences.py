"""Sentences of one paragraph, and items of one sentence."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import get_language, pgettext

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


def comma() -> str:
    """Return what stands between two items of a list in the language of the reader."""
    # Translators: The comma with its space, such as "、" or "، ".
    return pgettext("between two items of a list", ", ")


def listed(texts: Iterable[object]) -> str:
    return comma().join(str(text) for text in texts)
