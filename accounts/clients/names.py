"""Sanitizing of client names, which clients choose: the result is plain text without claims of verification.

Removed are invisible characters and those that change the direction of text; symbols that pages use for "verified"
(check marks, locks, shields, stars, medals); claims of verification beside such a symbol, in brackets, or separated by
punctuation at either end; and every other symbol at the ends, such as a green circle. Claims are found in several
languages (accounts/clients/claim_words.py), in look-alike letters, and with blanks between their letters. Words within
a name are kept, as in "Verified Permissions Explorer" and "Claude Official": pages say that the client chose its name.
"""

import hashlib
import re
import unicodedata
from itertools import takewhile

from accounts.clients.claim_words import BY, CLAIMS, CLAIMS_AND_FILLERS, words

# Words in the Unicode names of symbols that look like marks of verification or safety.
_BADGES = frozenset({"CHECK", "LOCK", "SHIELD", "STAR", "MEDAL", "TROPHY", "KEY", "BADGE", "ROSETTE", "OK"})
# Symbols with other names that look alike.
_BADGE_LIKE = frozenset("√⍻☐☒⚿💯")
# Invisible letters, marks and symbols (Default_Ignorable_Code_Point).
_INVISIBLE_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\U0001d159").union(
    chr(code) for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)
)
_BLANKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2800")
# More marks on one letter overlap the lines above and below.
_MOST_MARKS = 3

# Angle brackets of all kinds, which Unicode does not count as brackets.
_OPENING, _CLOSING = frozenset("<\xab\u2039\uff1c"), frozenset(">\xbb\u203a\uff1e")
_BRACKETED = re.compile(r"\([^()]*\)")
# Some punctuation separates parts of a name only where a blank or an end of the name is beside it.
_SEPARATOR = re.compile(
    r"(\s*[^\w\s\-.:/'\u2019&+@#,%]+\s*"  # everywhere
    r"|\s+[\-.:/,@#_]+\s*|[\-.:/,@#_]+(?:\s+|$)|^[\-.:/,@#_]+)"  # beside a blank or an end
)
# Letters with a blank or a mark between each two.
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ ._\-\u00b7*|/~]{1,3}){3,}[^\W_](?![^\W_])")
# Symbols at the ends of names that do not mean "verified".
_SYMBOLS_OF_NAMES = frozenset("\u2122\xae\xa9\u2120\xb0")
# The number of characters searched on each side of an unpaired bracket: a few words.
_MOST_BESIDE = 40
# Unicode's decomposition tags of letters that are superscript, subscript, or in a circle or square.
_RAISED = ("<super>", "<sub>", "<circle>", "<square>")
# A private-use character, which `visible` removes, replaces symbols until the claims beside them are found.
_BADGE = "\ue000"


def cleaned(name: str) -> str:
    """Return the part of a client's `name` that may be shown; "" where nothing is left."""
    name = visible(name)
    while (shorter := visible(_without_claims(name))) != name:
        name = shorter
    return name


def visible(name: str) -> str:
    """Return `name` in Unicode's normal form C, in one line, without invisible characters."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", name):
        if _is_blank(character):
            kept.append(" ")
        elif not _is_hidden(character, kept):
            kept.append(character)
    return " ".join("".join(kept).split())


def folded(name: str) -> str:
    """Return `name` for comparison: names that differ in case, font style or invisible characters are equal."""
    return visible(unicodedata.normalize("NFKC", visible(name)).casefold())


def key_of(name: str) -> str:
    """Return a hash that is equal for names that read alike, also with look-alike letters; "" without any letters."""
    letters = "".join(words(visible(name)))
    return hashlib.sha256(letters.encode()).hexdigest() if letters else ""


def _is_blank(character: str) -> bool:
    return character in _BLANKS or unicodedata.category(character) in ("Zs", "Zl", "Zp")


def _is_hidden(character: str, before: list[str]) -> bool:
    """Return whether `character` is invisible, or a mark that does not belong to a letter of `before`."""
    category = unicodedata.category(character)
    if category.startswith("C") or category == "Me" or character in _INVISIBLE:
        return True
    if category != "Mn":
        return False
    marks = [each for each in before[-_MOST_MARKS:] if unicodedata.category(each) == "Mn"]
    return len(marks) == _MOST_MARKS or not before or before[-1] == " "


def _is_badge(character: str) -> bool:
    if character in _BADGE_LIKE:
        return True
    is_symbol = unicodedata.category(character)[0] in "SP"
    return is_symbol and not _BADGES.isdisjoint(unicodedata.name(character, "").split())


def _without_claims(name: str) -> str:
    """Remove symbols from a visible `name`, with claims beside them, in brackets and at the ends."""
    name = " ".join(_BADGE if _is_raised_claim(word) else word for word in name.split(" "))
    name = "".join(_BADGE if _is_badge(character) else character for character in _joined(name))
    name = _with_lone_brackets_marked(_without_bracketed_claims(name))
    parts = _without_first_claim(_SEPARATOR.split(name))
    parts = _without_first_claim(parts[::-1])[::-1]
    return _without_symbols_at_ends(_without_badges("".join(parts)))


def _is_raised_claim(word: str) -> bool:
    """Return whether `word` is a claim with superscript, subscript or enclosed letters."""
    is_raised = any(unicodedata.decomposition(character).startswith(_RAISED) for character in word)
    return is_raised and not CLAIMS.isdisjoint(words(word))


def _without_bracketed_claims(name: str) -> str:
    plain = "".join(_plain_bracket(character) for character in name)
    for found in reversed(list(_BRACKETED.finditer(plain))):
        if _is_claim_in_brackets(name[found.start() : found.end()]):
            name = f"{name[: found.start()]} {name[found.end() :]}"
    return name


def _plain_bracket(character: str) -> str:
    """Return a round bracket for a bracket of any kind, and every other character unchanged."""
    category = unicodedata.category(character)
    if category == "Ps" or character in _OPENING:
        return "("
    return ")" if category == "Pe" or character in _CLOSING else character


def _is_claim_in_brackets(text: str) -> bool:
    found = words(text)
    # Empty brackets remain where two pairs enclosed a claim.
    is_empty = not found and (_BADGE in text or text[1:-1].isspace())
    return is_empty or not CLAIMS.isdisjoint(found) or "".join(found) in CLAIMS


def _without_first_claim(parts: list[str]) -> list[str]:
    """Drop the first part that has words, and the separators around it, where it is only a claim."""
    first = next((number for number in range(0, len(parts), 2) if words(parts[number])), None)
    return parts[first + 2 :] if first is not None and _is_claim(parts[first]) else parts


def _is_claim(part: str) -> bool:
    """Return whether `part` of a name only claims verification, or names the alleged verifier."""
    found = words(part)
    if len(found) > 1 and found[0] in CLAIMS and found[1] in BY:
        return True
    is_plain = not CLAIMS.isdisjoint(found) and CLAIMS_AND_FILLERS.issuperset(found)
    return is_plain or "".join(found) in CLAIMS


def _without_badges(name: str) -> str:
    """Remove the symbols from `name`, with the claims directly before or after them."""
    first, *others = name.split(_BADGE)
    kept = [first, *(" ".join(_after_claims(part.split())) for part in others)]
    kept[:-1] = [" ".join(_after_claims(part.split()[::-1])[::-1]) for part in kept[:-1]]
    return " ".join(kept)


def _after_claims(parts: list[str]) -> list[str]:
    """Return `parts` (words with their punctuation) without the leading ones up to the last claim among them."""
    run = list(takewhile(lambda part: CLAIMS_AND_FILLERS.issuperset(words(part)), parts))
    ends = [number + 1 for number, part in enumerate(run) if not CLAIMS.isdisjoint(words(part))]
    return parts[max(ends, default=0) :]


def _joined(name: str) -> str:
    """Return `name` with the letters of a spaced-out claim joined."""
    return _SPACED.sub(lambda found: together if (together := _letters(found[0])) else found[0], name)


def _letters(spaced: str) -> str:
    """Return the letters of `spaced` where they form a claim, otherwise ""."""
    letters = "".join(character for character in spaced if character.isalnum())
    return letters if not CLAIMS.isdisjoint(words(letters)) else ""


def _with_lone_brackets_marked(name: str) -> str:
    """Return `name` with a symbol in place of each unpaired bracket that has a claim beside it."""
    if CLAIMS.isdisjoint(words(name)):
        return name
    lone = _lone_brackets("".join(_plain_bracket(character) for character in name))
    marked = {place for place in lone if _has_claim_beside(name, place)}
    return "".join(_BADGE if place in marked else character for place, character in enumerate(name))


def _lone_brackets(plain: str) -> list[int]:
    opened: list[int] = []
    lone: list[int] = []
    for place, character in enumerate(plain):
        if character == "(":
            opened.append(place)
        elif character == ")":
            if opened:
                opened.pop()
            else:
                lone.append(place)
    return opened + lone


def _has_claim_beside(name: str, place: int) -> bool:
    before, after = name[max(0, place - _MOST_BESIDE) : place], name[place + 1 : place + 1 + _MOST_BESIDE]
    return any(len(_after_claims(parts)) < len(parts) for parts in (before.split()[::-1], after.split()))


def _without_symbols_at_ends(name: str) -> str:
    """Remove symbols from the ends of `name`: readers may take them for a mark of verification."""
    start, end = 0, len(name)
    while start < end and (name[start] == " " or _is_symbol(name[start])):
        start += 1
    while end > start and (name[end - 1] == " " or _is_symbol(name[end - 1])):
        end -= 1
    return name[start:end]


def _is_symbol(character: str) -> bool:
    """Return whether `character` is a symbol, or the colour of one (Unicode's emoji modifiers)."""
    is_other = unicodedata.category(character) == "So" and character not in _SYMBOLS_OF_NAMES
    return is_other or "\U0001f3fb" <= character <= "\U0001f3ff"
