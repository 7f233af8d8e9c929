"""Words for the origin of an authorization: for lists of admin, and for people on the page of their apps."""

from collections.abc import Iterable

from accounts.models import Authorization

Origin = Authorization.Origin
WORDS: dict[str, str] = {
    Origin.CONSENT: "approved in a browser",
    Origin.CLIENT_CREDENTIALS: "by the app’s own credentials",
    Origin.ID_JAG: "by your company",
    Origin.WORKLOAD: "by a trusted issuer",
    Origin.DEVICE: "approved for another device",
    Origin.TOKEN_EXCHANGE: "in exchange for another token",
}


def words_of(origin: str, issuer: str | None = None) -> str:
    """Return the words for `origin`, with the name of the trusted `issuer`, if there is one."""
    return f"{WORDS[origin]}, {issuer}" if issuer else WORDS[origin]


def words_for(origins: Iterable[str]) -> list[str]:
    """Return the words for `origins`, each once, in the order of the table."""
    found = set(origins)
    return [words for origin, words in WORDS.items() if origin in found]
