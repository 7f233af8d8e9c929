"""Names that are proposed for passkeys: `Chrome on Windows`, `Security key`. People can change them."""

from collections.abc import Collection
from itertools import count
from typing import Any

from django.utils.translation import gettext as _

# The first whose word is in the header User-Agent: most browsers name others too.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
PLATFORMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
# In characters, of a header.
LONGEST_HEADER = 512


def propose(credential: Any, user_agent: str, taken: Collection[str]) -> str:
    """Return a name for the passkey in `credential`, the response of a browser, that is none of those `taken`."""
    name = _key_in(credential) or describe(user_agent)
    return next(each for number in count(1) if (each := name if number == 1 else f"{name} {number}") not in taken)


def describe(user_agent: str) -> str:
    """Return the browser and platform that a header User-Agent names."""
    header = user_agent[:LONGEST_HEADER]
    browser = next((name for word, name in BROWSERS if word in header), "")
    platform = next((name for word, name in PLATFORMS if word in header), "")
    if browser and platform:
        return _("%(browser)s on %(platform)s") % {"browser": browser, "platform": platform}
    return browser or platform or _("Passkey")


def _key_in(credential: Any) -> str:
    """Return what the passkey is on, if that is not the device of the browser (Web Authentication, section 5.4.5)."""
    if not isinstance(credential, dict) or credential.get("authenticatorAttachment") != "cross-platform":
        return ""
    response = credential.get("response")
    transports = response.get("transports") if isinstance(response, dict) else None
    return _("Phone") if isinstance(transports, list) and "hybrid" in transports else _("Security key")
