"""Names that clients give themselves: what people see of them is plain text that claims no verification.

A name loses what cannot be seen or changes how the text around it is read, the symbols that pages use
for "verified" (check marks, locks, shields, stars, medals), and a claim of verification that stands
apart from the rest: beside such a symbol, in brackets, or behind punctuation at either end. Words inside
a name stay: "Verified Permissions Explorer" and "Claude Official" are only what the client says of itself.
"""

import re
import unicodedata
from itertools import takewhile

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

_CLAIMS = frozenset(
    [
        "verified",
        "verify",
        "verification",
        "official",
        "officially",
        "authentic",
        "authenticated",
        "genuine",
        "trusted",
        "trustworthy",
        "secure",
        "secured",
        "safe",
        "certified",
        "approved",
        "authorized",
        "authorised",
        "validated",
        "endorsed",
        "vetted",
        "legit",
        "legitimate",
    ]
)
_FILLERS = frozenset(
    ["a", "an", "and", "the", "app", "application", "client", "partner", "publisher", "developer", "by", "100", "fully"]
)

# Angle brackets of all kinds, which Unicode does not count as brackets.
_OPENING, _CLOSING = frozenset("<\xab\u2039\uff1c"), frozenset(">\xbb\u203a\uff1e")
_BRACKETED = re.compile(r"\([^()]*\)")
# Some punctuation separates parts of a name only where a blank or an end of the name is beside it.
_SEPARATOR = re.compile(
    r"(\s*[^\w\s\-.:/'\u2019&+@#,%]+\s*"  # everywhere
    r"|\s+[\-.:/,@#]+\s*|[\-.:/,@#]+(?:\s+|$)|^[\-.:/,@#]+)"  # beside a blank or an end
)
_WORD = re.compile(r"[^\W_]+")
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
    name = "".join(_BADGE if _is_badge(character) else character for character in name)
    name = _without_bracketed_claims(name)
    parts = _without_first_claim(_SEPARATOR.split(name))
    parts = _without_first_claim(parts[::-1])[::-1]
    return _without_badges("".join(parts))


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
    words = _words(text)
    # Brackets around nothing are what is left of two pairs around a claim.
    is_empty = not words and (_BADGE in text or text[1:-1].isspace())
    return is_empty or not _CLAIMS.isdisjoint(words)


def _without_first_claim(parts: list[str]) -> list[str]:
    """Leave out the first part that has words, and the separators around it, where it is nothing but a claim."""
    first = next((number for number in range(0, len(parts), 2) if _words(parts[number])), None)
    return parts[first + 2 :] if first is not None and _is_claim(parts[first]) else parts


def _is_claim(part: str) -> bool:
    """Whether `part` of a name says that it is verified, official or the like, and by whom, but nothing else."""
    words = _words(part)
    if len(words) > 1 and words[0] in _CLAIMS and words[1] in ("by", "from"):
        return True
    return not _CLAIMS.isdisjoint(words) and _CLAIMS.union(_FILLERS).issuperset(words)


def _without_badges(name: str) -> str:
    """Take the symbols out of `name`, with the claims that stand right before or after one."""
    first, *others = name.split(_BADGE)
    kept = [first, *(" ".join(_after_claims(part.split())) for part in others)]
    kept[:-1] = [" ".join(_after_claims(part.split()[::-1])[::-1]) for part in kept[:-1]]
    return " ".join(kept)


def _after_claims(words: list[str]) -> list[str]:
    """`words` from behind the last claim among those that begin them."""
    claims = _CLAIMS.union(_FILLERS)
    run = list(takewhile(lambda word: claims.issuperset(_words(word)), words))
    ends = [number + 1 for number, word in enumerate(run) if not _CLAIMS.isdisjoint(_words(word))]
    return words[max(ends, default=0) :]


def _words(text: str) -> list[str]:
    """The words in `text` for comparing: in lower case, without accents or font styles."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each) != "Mn")
    return _WORD.findall(plain.casefold())
