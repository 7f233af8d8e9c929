"""Words for the origin of an authorization: for lists of admin, and for people on the page of their apps."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Authorization

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Origin = Authorization.Origin
WORDS: dict[str, "StrOrPromise"] = {
    Origin.CONSENT: _("approved in a browser"),
    Origin.CLIENT_CREDENTIALS: _("by the app’s own credentials"),
    Origin.ID_JAG: _("by your company"),
    Origin.WORKLOAD: _("by a trusted issuer"),
    Origin.DEVICE: _("approved for another device"),
    Origin.TOKEN_EXCHANGE: _("in exchange for another token"),
}


def words_of(origin: str, issuer: str | None = None) -> str:
    """Return the words for `origin`, with the name of the trusted `issuer`, if there is one."""
    if not issuer:
        return str(WORDS[origin])
    # Translators: How an app was connected, and the name of the issuer: "by your company, Example Ltd".
    return gettext("%(origin)s, %(issuer)s") % {"origin": WORDS[origin], "issuer": issuer}


def words_for(origins: Iterable[str]) -> list[str]:
    """Return the words for `origins`, each once, in the order of the table."""
    found = set(origins)
    return [str(words) for origin, words in WORDS.items() if origin in found]
