"""Similarity of names and hosts to those of a known app, such as "Claude AI" and claude.ai.evil.example."""

from collections.abc import Iterable
from functools import lru_cache

from accounts.clients.claim_words import words
from accounts.clients.identity.domains import Host
from accounts.clients.names import visible

# Words that do not tell one app from another.
GENERIC = frozenset(
    word
    for generic in (
        "a an and the my our your for by of from with on in at to new beta demo test example official pro plus",
        "ai inc llc ltd corp corporation company co gmbh ag sa team labs hq com io org net dev",
        "app application client mcp server tool tools api agent assistant bot chat code coding desktop web cli ide "
        "mobile online cloud connector connect integration plugin extension inspector login auth oauth",
    )
    for word in words(generic)
)
# A name is compared by so many of its first words.
MOST_WORDS = 12
# The fewest letters of a known name that is looked for as words of another, and within its words.
SHORTEST_WORD, SHORTEST_PART = 3, 5


def is_similar_name(name: str, known: str) -> bool:
    """Return whether `name` contains the distinctive words of `known`, or is them in reverse.

    Two names that are equal are similar. A known name of generic words alone is similar only to itself.
    """
    letters, sought = _letters(name), _distinctive_letters(known)
    if letters == _letters(known):
        return letters != ""
    if len(sought) < SHORTEST_WORD:
        return False
    if sought in _runs(name) or letters[::-1] == sought:
        return True
    return len(sought) >= SHORTEST_PART and (letters.startswith(sought) or letters.endswith(sought))


def imitated_domains(hosts: Iterable[Host]) -> set[str]:
    """Return the domains that `hosts` appear to be at: claude.ai for claude.ai.evil.example and claude-ai.example.

    Only the registrable domain says who owns a host. Everybody may put any other before it.
    """
    found: set[str] = set()
    for host in hosts:
        before, first = host.before.rstrip(".").split("."), host.domain.partition(".")[0]
        found.update(".".join(run) for run in _runs_of(before) if len(run) > 1)
        found.update(label.replace("-", ".") for label in [*before, first] if "-" in label)
    return found


@lru_cache(maxsize=2048)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words(visible(name))[:MOST_WORDS])


def _letters(name: str) -> str:
    return "".join(_words(name))


@lru_cache(maxsize=2048)
def _distinctive_letters(name: str) -> str:
    """Return the letters of the words in `name` that are not generic; "" where it has only generic ones.

    Where too few are left, as in "VS Code", the generic ones are included.
    """
    short = "".join(_distinctive_words(name))
    return short if not short or len(short) >= SHORTEST_WORD else _letters(name)


def _distinctive_words(name: str) -> list[str]:
    return [word for word in _words(name) if word not in GENERIC]


@lru_cache(maxsize=2048)
def _runs(name: str) -> frozenset[str]:
    """Return the letters of each run of words in `name`, with and without the generic ones."""
    return frozenset("".join(run) for parts in (_words(name), _distinctive_words(name)) for run in _runs_of(parts))


def _runs_of(parts: Iterable[str]) -> list[list[str]]:
    """Return each run of neighbours in `parts`, of which only the first MOST_WORDS are looked at."""
    listed = list(parts)[:MOST_WORDS]
    return [listed[start:end] for start in range(len(listed)) for end in range(start + 1, len(listed) + 1)]
