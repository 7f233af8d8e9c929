"""Names that clients give themselves: what people see of them is plain text that claims no verification.

A name loses what cannot be seen or changes how the text around it is read, the symbols that pages use
for "verified" (check marks, locks, shields, stars, medals), and a claim of verification that stands
apart from the rest: beside such a symbol, in brackets, or behind punctuation at either end. It loses every
other symbol at its ends too, such as a green circle. Claims are found in several languages
(accounts/clients/claim_words.py), in look-alike letters, and with blanks between their letters. Words inside
a name stay: "Verified Permissions Explorer" and "Claude Official" are only what the client says of itself.
"""

import re
import unicodedata
from itertools import takewhile

from accounts.clients.claim_words import BY, CLAIMS, CLAIMS_AND_FILLERS, words

# Words in the Unicode names of the symbols that people take for a mark of verification or safety.
_BADGES = frozenset({"CHECK", "LOCK", "SHIELD", "STAR", "MEDAL", "TROPHY", "KEY", "BADGE", "ROSETTE", "OK"})
# Symbols that are drawn like them, under other names.
_BADGE_LIKE = frozenset("√⍻☐☒⚿💯")
# Letters, marks and symbols to Unicode, but nothing to a reader (Default_Ignorable_Code_Point).
_INVISIBLE_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\U0001d159").union(
    chr(code) for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)
)
_BLANKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2800")
# More marks than this on one letter reach into the lines above and below.
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
# Symbols at the ends of names that say something else than "verified".
_SYMBOLS_OF_NAMES = frozenset("\u2122\xae\xa9\u2120\xb0")
# How many characters beside a lone bracket are looked at: some words.
_MOST_BESIDE = 40
# How Unicode tells that a letter is a superscript, a subscript, or in a circle or square.
_RAISED = ("<super>", "<sub>", "<circle>", "<square>")
# A private-use character, which no visible name has, stands for a symbol until the claims beside it are found.
_BADGE = "\ue000"


def cleaned(name: str) -> str:
    """Return what people may see of a `name` that a client gave itself; empty where nothing is left of it."""
    name = visible(name)
    while (shorter := visible(_without_claims(name))) != name:
        name = shorter
    return name


def visible(name: str) -> str:
    """Return `name` in Unicode's normal form C, in one line, without characters that are not seen."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", name):
        if _is_blank(character):
            kept.append(" ")
        elif not _is_hidden(character, kept):
            kept.append(character)
    return " ".join("".join(kept).split())


def folded(name: str) -> str:
    """Return `name` for comparing: alike for names that differ in case, in font style or in what is not seen."""
    return visible(unicodedata.normalize("NFKC", visible(name)).casefold())


def _is_blank(character: str) -> bool:
    return character in _BLANKS or unicodedata.category(character) in ("Zs", "Zl", "Zp")


def _is_hidden(character: str, before: list[str]) -> bool:
    """Whether `character` is not seen, or is a mark that does not belong to a letter of `before`."""
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
    """Take the symbols out of a visible `name`, with the claims beside them, in brackets and at the ends."""
    name = " ".join(_BADGE if _is_raised_claim(word) else word for word in name.split(" "))
    name = "".join(_BADGE if _is_badge(character) else character for character in _joined(name))
    name = _with_lone_brackets_marked(_without_bracketed_claims(name))
    parts = _without_first_claim(_SEPARATOR.split(name))
    parts = _without_first_claim(parts[::-1])[::-1]
    return _without_symbols_at_ends(_without_badges("".join(parts)))


def _is_raised_claim(word: str) -> bool:
    """Whether `word` is a claim with letters that are set apart from others: raised, lowered or enclosed."""
    is_raised = any(unicodedata.decomposition(character).startswith(_RAISED) for character in word)
    return is_raised and not CLAIMS.isdisjoint(words(word))


def _without_bracketed_claims(name: str) -> str:
    plain = "".join(_plain_bracket(character) for character in name)
    for found in reversed(list(_BRACKETED.finditer(plain))):
        if _is_claim_in_brackets(name[found.start() : found.end()]):
            name = f"{name[: found.start()]} {name[found.end() :]}"
    return name


def _plain_bracket(character: str) -> str:
    """A round bracket for a bracket of any kind, and every other character as it is."""
    category = unicodedata.category(character)
    if category == "Ps" or character in _OPENING:
        return "("
    return ")" if category == "Pe" or character in _CLOSING else character


def _is_claim_in_brackets(text: str) -> bool:
    found = words(text)
    # Brackets around nothing are what is left of two pairs around a claim.
    is_empty = not found and (_BADGE in text or text[1:-1].isspace())
    return is_empty or not CLAIMS.isdisjoint(found) or "".join(found) in CLAIMS


def _without_first_claim(parts: list[str]) -> list[str]:
    """Leave out the first part that has words, and the separators around it, where it is nothing but a claim."""
    first = next((number for number in range(0, len(parts), 2) if words(parts[number])), None)
    return parts[first + 2 :] if first is not None and _is_claim(parts[first]) else parts


def _is_claim(part: str) -> bool:
    """Whether `part` of a name says that it is verified, official or the like, and by whom, but nothing else."""
    found = words(part)
    if len(found) > 1 and found[0] in CLAIMS and found[1] in BY:
        return True
    is_plain = not CLAIMS.isdisjoint(found) and CLAIMS_AND_FILLERS.issuperset(found)
    return is_plain or "".join(found) in CLAIMS


def _without_badges(name: str) -> str:
    """Take the symbols out of `name`, with the claims that stand right before or after one."""
    first, *others = name.split(_BADGE)
    kept = [first, *(" ".join(_after_claims(part.split())) for part in others)]
    kept[:-1] = [" ".join(_after_claims(part.split()[::-1])[::-1]) for part in kept[:-1]]
    return " ".join(kept)


def _after_claims(parts: list[str]) -> list[str]:
    """`parts`, words with what is beside them, from behind the last claim among those that begin them."""
    run = list(takewhile(lambda part: CLAIMS_AND_FILLERS.issuperset(words(part)), parts))
    ends = [number + 1 for number, part in enumerate(run) if not CLAIMS.isdisjoint(words(part))]
    return parts[max(ends, default=0) :]


def _joined(name: str) -> str:
    """Return `name` with the letters of a claim together that were written apart."""
    return _SPACED.sub(lambda found: together if (together := _letters(found[0])) else found[0], name)


def _letters(spaced: str) -> str:
    """Return the letters of `spaced` where they are a claim, otherwise nothing."""
    letters = "".join(character for character in spaced if character.isalnum())
    return letters if not CLAIMS.isdisjoint(words(letters)) else ""


def _with_lone_brackets_marked(name: str) -> str:
    """Return `name` with a symbol for each bracket without a partner that has a claim beside it."""
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
    """Take from the ends of `name` what is no letter, digit or punctuation: readers take many symbols for a mark."""
    start, end = 0, len(name)
    while start < end and (name[start] == " " or _is_symbol(name[start])):
        start += 1
    while end > start and (name[end - 1] == " " or _is_symbol(name[end - 1])):
        end -= 1
    return name[start:end]


def _is_symbol(character: str) -> bool:
    """Whether `character` is a symbol of its own, or the colour of one (Unicode's emoji modifiers)."""
    is_other = unicodedata.category(character) == "So" and character not in _SYMBOLS_OF_NAMES
    return is_other or "\U0001f3fb" <= character <= "\U0001f3ff"
