"""A language in which each translated text stands between ⟦ and ⟧, and the texts of a page that do not."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.utils.translation.trans_real import CONTEXT_SEPARATOR, DjangoTranslation

OPEN, CLOSE = "⟦", "⟧"
SHOWN_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "data-label", "data-copy", "data-over")
UNSEEN = ("script", "style", "code", "pre", "bdi", "time", "option", "textarea")
WORD = re.compile(r"[A-Za-z]{2,}")


def wrapped(message: str) -> str:
    """Return `message` as its own translation; without its context, and an empty one as it is."""
    text = message.rpartition(CONTEXT_SEPARATOR)[2]
    return f"{OPEN}{text}{CLOSE}" if text.strip() else text


class PseudoTranslation(DjangoTranslation):
    """The translation of every message, whether or not a catalogue has it."""

    def gettext(self, message: str) -> str:
        return wrapped(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return wrapped(msgid1 if n == 1 else msgid2)


class _Texts(HTMLParser):
    """Collects the visible texts that no message has, of elements that show no data."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0
        self.unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen.append(tag)
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES and value and WORD.search(outside(value)):
                self.found.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if self.unseen and self.unseen[-1] == tag:
            self.unseen.pop()

    def handle_data(self, data: str) -> None:
        rest = []
        for part in re.split(f"([{OPEN}{CLOSE}])", data):
            if part == OPEN:
                self.depth += 1
            elif part == CLOSE:
                self.depth -= 1
            elif self.depth == 0:
                rest.append(part)
        text = " ".join("".join(rest).split())
        if not self.unseen and WORD.search(text):
            self.found.append(text)


def outside(text: str) -> str:
    """Return what of `text` is outside of messages."""
    before = None
    while text != before:
        before, text = text, re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", text)
    return text


def untranslated(page: str, data: Iterator[str] | tuple[str, ...] = ()) -> list[str]:
    """Return the visible texts of an HTML page that are outside of messages, except those that contain `data` alone."""
    parser = _Texts()
    parser.feed(page)
    known = sorted(data, key=len, reverse=True)
    return sorted({text for text in parser.found if WORD.search(_without(text, known))})


def _without(text: str, known: list[str]) -> str:
    for each in known:
        text = text.replace(each, "")
    return text
