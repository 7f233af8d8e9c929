"""The server's public address, as clients must see it, and the address that a request came from."""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest

from accounts.conf import conf
from accounts.http import web_address

RESOURCE_PATH = "/mcp"
DEFAULT_PORTS = {"http": 80, "https": 443}


def issuer(request: HttpRequest) -> str:
    """The issuer identifier: PUBLIC_URL byte for byte, or with DEBUG the request's own loopback origin."""
    return conf.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def resource(request: HttpRequest) -> str:
    """The identifier of the one protected resource (RFC 8707, RFC 9728): the MCP endpoint."""
    return issuer(request) + RESOURCE_PATH


def under_issuer(request: HttpRequest, url: str) -> str:
    """Return `url`, an address of this server that was built from the request's Host, under PUBLIC_URL.

    A stranger chooses the Host of a request, its port included. So no address that is mailed or shown to others, or
    told to another site, is built from it.
    """
    return issuer(request) + urlunsplit(("", "", *urlsplit(url)[2:]))


def same_resource(one: str, other: str) -> bool:
    """Whether two resource URIs differ at most in case of scheme and host, default port or final slash."""
    comparable = _comparable(one)
    return comparable is not None and comparable == _comparable(other)


def client_address(request: HttpRequest) -> str | None:
    """The IP address that a request came from; a proxy's word counts only with TRUSTED_PROXY."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR"))


def address_of(peer: str, forwarded_for: str | None) -> str | None:
    """The same, by who is connected and what the header X-Forwarded-For says, if it is there."""
    if conf.TRUSTED_PROXY and forwarded_for is not None:
        # The last entry is the one that our own proxy added; those before it are the client's to invent.
        return _well_formed(forwarded_for.rsplit(",", 1)[-1].strip())
    return _well_formed(peer)


@lru_cache(maxsize=1024)
def _well_formed(address: str) -> str | None:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(number, ipaddress.IPv6Address):
        # An IPv4 address, where the socket is an IPv6 one; and without the name of an interface (`%eth0`).
        return str(number.ipv4_mapped or ipaddress.IPv6Address(int(number)))
    return str(number)


def client_network(request: HttpRequest) -> str:
    """Whose requests count together: an IPv4 address, or the /64 of an IPv6 one, which is what one household has."""
    return network_of(client_address(request))


@lru_cache(maxsize=1024)
def network_of(address: str | None) -> str:
    """The same, by the address."""
    if address is None or ":" not in address:
        return address or "unknown"
    number = ipaddress.IPv6Address(address)
    return str(number.ipv4_mapped or ipaddress.IPv6Address(int(number) >> 64 << 64))


@lru_cache(maxsize=1024)
def wider_network(network: str) -> str:
    """The /48 around an IPv6 /64 that `network_of` named; empty for an IPv4 address and for anything else.

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
