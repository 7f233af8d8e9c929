"""Parsing of URIs from clients, browsers and operators. URIs that programs interpret differently are refused.

The reference is the WHATWG URL parser (ada, which Node uses), since browsers follow it. A URI is refused where that
parser finds another scheme, host or port than the text has (RFC 3986 section 3), as in `https://evil%2Eexample`,
`https://127.1` and `https://a.example\\@b.example`.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import ada_url
import idna
from django.utils.translation import gettext_noop as _

from accounts.http.explained_error import ExplainedError

WEB_SCHEMES = ("http", "https")
# The longest URI that any caller accepts; a longer one is refused before it is parsed.
LONGEST = 8192
# RFC 1035 section 2.3.4, without the final dot.
LONGEST_HOST = 253

# RFC 3986: the characters of a URI. Browsers disagree about others (space, quotes, backslash, control characters).
_CHARACTERS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(:(?P<port>.*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOST_NAME = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")


class InvalidAddress(ExplainedError):
    """A URI or host name that is refused. The message gives the reason and the accepted form."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URI in parts. `hostname` is in lower case, an IPv6 address without its brackets; empty for private schemes."""

    scheme: str
    hostname: str
    port: int | None
    path: str
    query: str

    @property
    def is_web(self) -> bool:
        return self.scheme in WEB_SCHEMES

    @property
    def shown_host(self) -> str:
        """The host for display, with its port if the URI has one."""
        host = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return host if self.port is None else f"{host}:{self.port}"


def parse(uri: str) -> Address:
    """Return the parts of `uri`. Raises InvalidAddress where programs may interpret it differently."""
    if len(uri) > LONGEST:
        raise InvalidAddress(_("%(uri)s… is longer than %(count)s characters."), uri=repr(uri[:100]), count=LONGEST)
    if not uri.isascii():
        raise InvalidAddress(
            _(
                "%(uri)s is not an absolute URI: RFC 3986 allows ASCII characters only. "
                "Write an international host name as xn--…, and percent-encode the rest."
            ),
            uri=ascii(uri[:200]),
        )
    if not _CHARACTERS.fullmatch(uri):
        raise InvalidAddress(_("%(uri)s is not an absolute URI."), uri=repr(uri[:200]))
    try:
        parts, in_browser = urlsplit(uri), ada_url.URL(uri)
    except ValueError as error:
        raise InvalidAddress(_("%(uri)s is not an absolute URI."), uri=repr(uri[:200])) from error
    if "@" in parts.netloc:
        raise InvalidAddress(_("%(uri)s contains user information."), uri=repr(uri[:200]))
    if parts.scheme in WEB_SCHEMES:
        return _web_address(uri, parts, in_browser)
    return _private_address(uri, parts, in_browser)


def read(uri: str) -> Address | None:
    """Return the parts of `uri`, or None where `parse` refuses it."""
    try:
        return parse(uri)
    except InvalidAddress:
        return None


def is_canonical(uri: str) -> bool:
    """Return whether `uri` is a web address in the form in which browsers write it."""
    address = read(uri)
    return address is not None and address.is_web and ada_url.URL(uri).href == uri


def is_origin(text: str) -> bool:
    """Return whether `text` is the origin of a web page, as in the header Origin (RFC 6454 section 7)."""
    address = read(text)
    return address is not None and address.is_web and ada_url.URL(text).origin == text


def origin_form(text: str) -> str:
    """Return the origin of `text`, whose host may have any spelling, in the form of `is_origin`; "" if it has none.

    It is for suggestions to an operator. Do not use it for validation.
    """
    try:
        url = ada_url.URL(text)
    except ValueError:
        return ""
    host, dot, port = url.host.partition(".:") if ".:" in url.host else (url.host.rstrip("."), "", "")
    origin = f"{url.protocol}//{host}{':' if dot else ''}{port}"
    return origin if is_origin(origin) else ""


def host_in_browser(uri: str) -> str:
    """Return the host that a browser would connect to for an https `uri`, also where `parse` refuses it.

    It finds the clients of a domain, also those that only earlier versions accepted. Do not use it for validation.
    """
    try:
        url = ada_url.URL(uri)
    except ValueError:
        return ""
    return _bare(url.hostname).rstrip(".") if url.protocol == "https:" else ""


def host_name(text: str) -> str:
    """Return a host name that an operator entered, in the form in which `parse` returns it.

    A final dot, capital letters, brackets, international names and whole web addresses are accepted here. Raises
    InvalidAddress for any other text.
    """
    host = _entered_host(text.strip()).rstrip(".").lower()
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidAddress(_("%(host)s is not a host name."), host=repr(host[:200])) from error
    if not re.fullmatch(r"[a-z0-9.\-]+|\[[0-9a-f:.]+\]", host):
        raise InvalidAddress(_("%(host)s is not a host name."), host=repr(host[:200]))
    return parse(f"https://{host}/").hostname


def _entered_host(text: str) -> str:
    """Return the host of a web address, which an operator may paste; any other text as it is."""
    if not re.match(r"https?://", text, re.IGNORECASE):
        return text
    try:
        return urlsplit(text).hostname or ""
    except ValueError as error:
        raise InvalidAddress(_("%(host)s names no host."), host=repr(text[:200])) from error


def is_ip_address(host: str) -> bool:
    """Return whether `host`, which `parse` returned, is an IP address."""
    return ":" in host or _IPV4.fullmatch(host) is not None


def _web_address(uri: str, parts: SplitResult, in_browser: ada_url.URL) -> Address:
    """Return the parts of an http or https `uri`. Raises InvalidAddress unless both parsers agree on them."""
    authority = _HOST_AND_PORT.fullmatch(parts.netloc)
    if authority is None or not authority["host"]:
        raise InvalidAddress(_("%(uri)s names no host, or is not an absolute URI."), uri=repr(uri[:200]))
    host, port = authority["host"].lower(), _port(uri, authority["port"])
    _check_host(host)
    if in_browser.protocol != f"{parts.scheme}:" or in_browser.hostname != host:
        raise InvalidAddress(
            _("Browsers interpret the host of %(uri)s as %(host)s. Write it in that form."),
            uri=repr(uri[:200]),
            host=repr(in_browser.hostname[:200]),
        )
    return Address(parts.scheme, _bare(host), port, parts.path, parts.query)


def _check_host(host: str) -> None:
    """Raise InvalidAddress unless `host` is a lower-case host name or may be an IPv6 address in brackets."""
    if host.startswith("["):
        return
    if "*" in host:
        raise InvalidAddress(_("The host %(host)s has a wildcard; hosts are compared exactly."), host=repr(host[:200]))
    if "%" in host:
        raise InvalidAddress(
            _("The host %(host)s is percent-encoded. Write an international name as xn--…."), host=repr(host[:200])
        )
    if host.endswith("."):
        raise InvalidAddress(_("The host %(host)s ends with a dot. Leave it out."), host=repr(host[:200]))
    if len(host) > LONGEST_HOST or not _HOST_NAME.fullmatch(host):
        raise InvalidAddress(
            _(
                "%(host)s is not a host name: its labels, separated by dots, consist of 1 to 63 letters, "
                "digits and hyphens."
            ),
            host=repr(host[:200]),
        )
    _check_international(host)


def _check_international(host: str) -> None:
    """Raise InvalidAddress where a label of `host` begins with xn-- but does not encode a valid name (RFC 5891)."""
    for label in host.split("."):
        try:
            if label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode() != label:
                raise InvalidAddress(_("%(label)s is not the encoding of an international name."), label=repr(label))
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidAddress(
                _("%(label)s is not the encoding of an international name."), label=repr(label)
            ) from error


def _port(uri: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise InvalidAddress(
            _("%(uri)s is not an absolute URI: a port is a number from 1 to 65535."), uri=repr(uri[:200])
        )
    return int(text)


def _private_address(uri: str, parts: SplitResult, in_browser: ada_url.URL) -> Address:
    """Return the parts of a `uri` with another scheme, without a host: browsers do not connect to it."""
    if in_browser.protocol != f"{parts.scheme}:":
        raise InvalidAddress(_("%(uri)s is not an absolute URI."), uri=repr(uri[:200]))
    return Address(parts.scheme, "", None, parts.path, parts.query)


def _bare(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")
