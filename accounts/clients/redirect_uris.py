"""Redirect URIs: which may be registered, and comparison with requested ones (RFC 8252, RFC 9700 section 2.1).

A client may register https URIs and http URIs on loopback. A client without a secret may also register the private-use
scheme of a native app, if it has a dot (`com.example.app:/…`, RFC 8252 section 7.1) or is in the setting
PRIVATE_SCHEMES.
"""

import re
from ipaddress import IPv6Address, ip_address

from django.utils.translation import gettext_noop as _
from oauthlib.uri_validate import is_absolute_uri

from accounts.conf import conf
from accounts.http import web_address
from accounts.http.explained_error import ExplainedError
from accounts.http.web_address import Address, InvalidAddress

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_URIS = 20
LONGEST_URI = 2000

# An http address up to its port, and the port.
_ORIGIN = re.compile(r"(http://[^/?#]*?)(:[0-9]+)?(?=[/?#]|\Z)", re.IGNORECASE)
# Schemes that browsers run or open themselves. No setting allows them.
NEVER_SCHEMES = frozenset(
    {"javascript", "data", "vbscript", "file", "about", "blob", "filesystem", "ftp", "ws", "wss", "view-source"}
)


# A final comma, or one before another address.
_SEVERAL = re.compile(r",\Z|[,;][a-z][a-z0-9+.-]*:/", re.IGNORECASE)


class InvalidRedirectURI(ExplainedError):
    """A redirect URI that may not be registered. The message gives the reason to the client's developer."""


def check_all(uris: list[str], *, has_secret: bool) -> None:
    """Raise InvalidRedirectURI for the first of `uris` that a client may not register."""
    if len(uris) > MOST_URIS:
        raise InvalidRedirectURI(_("A client may register at most %(count)s redirect URIs."), count=MOST_URIS)
    for uri in uris:
        check(uri, has_secret=has_secret)


def check(uri: str, *, has_secret: bool) -> None:
    """Raise InvalidRedirectURI unless a client, with or without a secret, may register `uri`."""
    if len(uri) > LONGEST_URI:
        raise InvalidRedirectURI(_("A redirect URI may be at most %(count)s characters long."), count=LONGEST_URI)
    try:
        address = web_address.parse(uri)
    except InvalidAddress as error:
        raise InvalidRedirectURI(error.text, **error.values) from error
    if "*" in uri:
        raise InvalidRedirectURI(
            _(
                "%(uri)s has a wildcard; redirect URIs are compared exactly. "
                "List each, or write %%2A for the character."
            ),
            uri=repr(uri),
        )
    if _SEVERAL.search(uri):
        raise InvalidRedirectURI(
            _("%(uri)s names several, or ends with a comma. Give each redirect URI on its own, without commas."),
            uri=repr(uri),
        )
    if "#" in uri:
        raise InvalidRedirectURI(_("%(uri)s has a fragment, which RFC 6749 section 3.1.2 forbids."), uri=repr(uri))
    # oauthlib refuses others at the authorization endpoint.
    if not is_absolute_uri(uri) or _is_unspecified(address.hostname):
        raise InvalidRedirectURI(_("%(uri)s is not an address to which a browser can be redirected."), uri=repr(uri))
    _check_scheme(uri, address, has_secret=has_secret)


def matches(uri: str, registered: str) -> bool:
    """Return whether a requested `uri` equals the `registered` one, except for the port of a loopback address.

    RFC 8252 section 7.3: "The authorization server MUST allow any port to be specified at the
    time of the request for loopback IP redirect URIs".
    """
    requested, known = web_address.read(uri), web_address.read(registered)
    if requested is None or known is None or requested.scheme in NEVER_SCHEMES:
        return False
    if uri == registered:
        return True
    return is_loopback(requested) and is_loopback(known) and _without_port(uri) == _without_port(registered)


def is_of_native_app(uri: str) -> bool:
    """Return whether `uri` has a private-use scheme, which an app on the person's device handles (RFC 8252)."""
    address = web_address.read(uri)
    return address is not None and not address.is_web


def host_of(uri: str) -> str:
    """Return the host of an https address; "" for every other URI, and where browsers may interpret it differently."""
    address = web_address.read(uri)
    return address.hostname if address is not None and address.scheme == "https" else ""


def origin_of(uri: str) -> str:
    """Return the origin of an https address (RFC 6454 section 4): scheme, host, and its port unless that is 443.

    "" where `host_of` returns "".
    """
    address = web_address.read(uri)
    if address is None or address.scheme != "https":
        return ""
    return f"https://{address.shown_host.removesuffix(':443') if address.port == 443 else address.shown_host}"


def is_remote(uri: str) -> bool:
    """Return whether `uri` is an https address of another machine than the browser's."""
    host = host_of(uri)
    return host != "" and not is_loopback_host(host)


def is_loopback_host(host: str) -> bool:
    """Return whether `host` is the browser's own machine (RFC 6761 section 6.3 for names)."""
    name = host.removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        # Browsers interpret a name that ends in a number as an IPv4 address, such as 127.1 (WHATWG URL section 3.5).
        return name.rpartition(".")[2][:1].isdigit()
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    # Browsers connect to loopback for 0.0.0.0 and [::].
    return any(known.is_loopback or known.is_unspecified for known in (address, mapped) if known is not None)


def _is_unspecified(host: str) -> bool:
    """Return whether `host` is 0.0.0.0 or [::], "never assigned to any node" (RFC 4291 section 2.5.2)."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_unspecified


def any_port(uri: str) -> str:
    """Return a loopback `uri` without its port, and every other one unchanged."""
    address = web_address.read(uri)
    return _without_port(uri) if address is not None and is_loopback(address) else uri


def is_loopback(address: Address) -> bool:
    return address.scheme == "http" and address.hostname in LOOPBACK_HOSTS


def _check_scheme(uri: str, address: Address, *, has_secret: bool) -> None:
    if address.is_web:
        if address.scheme == "http" and not is_loopback(address):
            raise InvalidRedirectURI(
                _("%(uri)s is plain http; use https, or http on a loopback address (localhost, 127.0.0.1, [::1])."),
                uri=repr(uri),
            )
        return
    private = "." in address.scheme or address.scheme in conf.PRIVATE_SCHEMES
    if not private or address.scheme in NEVER_SCHEMES:
        raise InvalidRedirectURI(
            _(
                "The scheme of %(uri)s may not be registered. Use https, loopback http, a scheme with a dot "
                "(com.example.app:/…), or ask the server's operator to list it in the PRIVATE_SCHEMES setting."
            ),
            uri=repr(uri),
        )
    if has_secret:
        raise InvalidRedirectURI(
            _(
                "%(uri)s belongs to a native app, which cannot keep a secret: "
                "register it with token_endpoint_auth_method none."
            ),
            uri=repr(uri),
        )


def _without_port(uri: str) -> str:
    return _ORIGIN.sub(r"\1", uri, count=1)
