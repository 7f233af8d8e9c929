"""The server's public address, and the client address of a request."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

from accounts.conf import conf
from accounts.http import mount, web_address
from accounts.http.paths import ENDPOINT_NAME

RESOURCE_PATH = "/mcp"
_ENDPOINT = re.compile(rf"{RESOURCE_PATH}(?:/({ENDPOINT_NAME}))?/?", re.ASCII)
# In characters, of the address of a page that a parameter `next` names.
LONGEST_NEXT = 16_384
DEFAULT_PORTS = {"http": 80, "https": 443}


def issuer(request: HttpRequest) -> str:
    """Return the issuer identifier: PUBLIC_URL byte for byte, or with DEBUG the request's own loopback origin."""
    return conf.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def origin(request: HttpRequest) -> str:
    """Return the origin of this server's pages (RFC 6454): the issuer without its path."""
    return issuer(request).removesuffix(prefix())


def prefix() -> str:
    """Return the path of PUBLIC_URL, "" without one."""
    return _prefix_of(conf.PUBLIC_URL)


_prefix_of = lru_cache(maxsize=16)(mount.prefix_of)


def resource(request: HttpRequest) -> str:
    """Return the identifier of the protected resource (RFC 8707, RFC 9728): the MCP endpoint."""
    return issuer(request) + RESOURCE_PATH


def endpoint_of(path: str) -> str | None:
    """Return the name of the MCP endpoint at `path`: "" for /mcp, NAME for /mcp/NAME, and None for any other path."""
    found = _ENDPOINT.fullmatch(path)
    return None if found is None else found[1] or ""


def resource_at(own: str, endpoint: str) -> str:
    """Return the identifier of an endpoint below `own`, that of the first; `own` for the endpoint ""."""
    return f"{own}/{endpoint}" if endpoint else own


def endpoint_at(identifier: str, own: str) -> str:
    """Return the name of the endpoint with that identifier; "" for `own`, that of the first, and for other servers."""
    name = identifier.removeprefix(f"{own}/")
    return "" if name == identifier else name


def requested_resource(request: HttpRequest) -> str:
    """Return the identifier of the MCP endpoint to which `request` was sent; that of the first for other requests."""
    return resource_at(resource(request), endpoint_of(request.path_info) or "")


def under_issuer(request: HttpRequest, url: str) -> str:
    """Return `url`, an address of this server, with PUBLIC_URL in place of the request's Host.

    An attacker can choose the Host of a request, with its port. So no address in an email, or sent to another person or
    site, is built from it.
    """
    own = issuer(request)
    if url.startswith(f"{own}/"):
        # Also in threads, which do not know Django's script prefix.
        return url
    return below(own, urlunsplit(("", "", *urlsplit(url)[2:])))


def endpoint(issuer: str, name: str) -> str:
    """Return the address of the endpoint with that name of the URLconf, below `issuer`."""
    return below(issuer, reverse(name))


def below(issuer: str, path: str) -> str:
    """Return the address at `issuer` of a `path` of Django, which begins with its script prefix."""
    return f"{issuer}/{path.removeprefix(get_script_prefix()).removeprefix('/')}"


def may_continue_at(url: str) -> bool:
    """Return whether `url`, an address of this host, is one of this server, and not of another below the same host."""
    return mount.stays_below(url, prefix())


def same_resource(one: str, other: str) -> bool:
    """Return whether two resource URIs differ at most in the case of scheme and host, default port or final slash."""
    comparable = _comparable(one)
    return comparable is not None and comparable == _comparable(other)


def client_address(request: HttpRequest) -> str | None:
    """Return the client's IP address. X-Forwarded-For is used only with TRUSTED_PROXY."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR"))


def address_of(peer: str, forwarded_for: str | None) -> str | None:
    """Return the client's IP address from the peer's address and the header X-Forwarded-For, if there is one."""
    if conf.TRUSTED_PROXY and forwarded_for is not None:
        # The trusted proxy appended the last entry; the client may have forged the others.
        return _normalized(forwarded_for.rsplit(",", 1)[-1].strip())
    return _normalized(peer)


@lru_cache(maxsize=1024)
def _normalized(address: str) -> str | None:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(number, ipaddress.IPv6Address):
        # The IPv4 address of an IPv4-mapped one; otherwise without the zone identifier (`%eth0`).
        return str(number.ipv4_mapped or ipaddress.IPv6Address(int(number)))
    return str(number)


def client_network(request: HttpRequest) -> str:
    """Return the network for rate limits: an IPv4 address, or the /64 of an IPv6 one, which one household has."""
    return network_of(client_address(request))


@lru_cache(maxsize=1024)
def network_of(address: str | None) -> str:
    """Return the network of an IP address for rate limits, as `client_network`."""
    if address is None or ":" not in address:
        return address or "unknown"
    number = ipaddress.IPv6Address(address)
    return str(number.ipv4_mapped or ipaddress.IPv6Address(int(number) >> 64 << 64))


@lru_cache(maxsize=1024)
def wider_network(network: str) -> str:
    """Return the /48 around an IPv6 /64 from `network_of`; "" for an IPv4 address and any other text.

    A provider gives a site a /48, which is 65,536 times a /64 (RFC 6177).
    """
    try:
        number = ipaddress.IPv6Address(network)
    except ValueError:
        return ""
    return str(ipaddress.IPv6Network((int(number) >> 80 << 80, 48)))


def _comparable(uri: str) -> tuple[str, str, int | None, str, str] | None:
    address = web_address.read(uri)
    if address is None or not address.is_web or "#" in uri:
        return None
    port = address.port or DEFAULT_PORTS[address.scheme]
    return address.scheme, address.hostname, port, address.path.rstrip("/"), address.query
