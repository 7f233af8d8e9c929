"""Recognition of requests that came from this machine, also through proxies."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.http.request import split_domain_port

from accounts.clients.redirect_uris import LOOPBACK_HOSTS

# Headers in which proxies and content delivery networks name the address of their client.
ADDRESSES = (
    "X_FORWARDED_FOR",
    "X_ORIGINAL_FORWARDED_FOR",
    "X_REAL_IP",
    "X_CLIENT_IP",
    "X_CLUSTER_CLIENT_IP",
    "CLIENT_IP",
    "TRUE_CLIENT_IP",
    "CF_CONNECTING_IP",
    "CF_CONNECTING_IPV6",
    "FASTLY_CLIENT_IP",
    "FLY_CLIENT_IP",
    "X_APPENGINE_USER_IP",
    "X_AZURE_CLIENTIP",
    "X_ENVOY_EXTERNAL_ADDRESS",
    "FORWARDED_FOR",
    "X_VERCEL_FORWARDED_FOR",
)
# Headers in which they name the requested host, or themselves.
HOSTS = ("X_FORWARDED_HOST", "X_FORWARDED_SERVER", "X_ORIGINAL_HOST")
# Headers that development servers on this machine send too, with the loopback name that was requested. Any other
# X-Forwarded-… is treated alike.
SCHEMES = ("HTTP_X_URL_SCHEME", "HTTP_X_SCHEME", "HTTP_X_NGINX_PROXY")
OTHERS = "HTTP_X_FORWARDED"
A_PROXY = "a proxy"
# RFC 7239 section 4: `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`. Some programs put spaces around "=".
_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PAIR = re.compile(rf'\s*({_WORD})\s*=\s*(?:({_WORD}(?::[0-9]+)?)|"([^"\\]*)")\s*')
# The address in it, with or without a port.
_NODE = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+)(?::[0-9]{1,5})?")


def is_loopback(address: str) -> bool:
    """Return whether `address` is an IP address of the loopback interface, IPv4 in IPv6 included."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def foreign_address(meta: Mapping[str, Any]) -> str | None:
    """Return the address of another machine that a request came from, or None.

    It is that of the connection, or one that a proxy names. A Unix socket has no address, and is of this machine.
    """
    peer = str(meta.get("REMOTE_ADDR") or "")
    addresses = [*([peer] if peer else []), *forwarded_addresses(meta)]
    return next((address for address in addresses if not is_loopback(address)), None)


def forwarded_addresses(meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses that proxies name; any other value counts as another machine."""
    for name in ADDRESSES:
        if (value := meta.get(f"HTTP_{name}")) is not None:
            yield from (address_in(each) for each in value.split(","))
    for name in HOSTS:
        if (value := meta.get(f"HTTP_{name}")) is not None:
            yield from foreign_hosts(value)
    if "HTTP_FORWARDED" in meta:
        yield from addresses_in_forwarded(meta["HTTP_FORWARDED"])
    yield from unnamed_proxies(meta)


def unnamed_proxies(meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield A_PROXY for a proxy without an address: one with Via (RFC 9110 section 7.6.3), or with only the scheme.

    A development server names its loopback host besides the scheme.
    """
    if "HTTP_VIA" in meta:
        yield A_PROXY
    is_forwarded = any(name in SCHEMES or name.startswith(OTHERS) for name in meta)
    is_named = any(f"HTTP_{name}" in meta for name in (*ADDRESSES, *HOSTS, "FORWARDED"))
    if is_forwarded and not is_named:
        yield A_PROXY


def foreign_hosts(hosts: str) -> Iterator[str]:
    for each in hosts.split(","):
        if not is_loopback_name(split_domain_port(each.strip())[0]):
            yield each.strip() or A_PROXY


def is_loopback_name(host: str) -> bool:
    """Return whether `host`, a Host header without a port, names this machine."""
    name = host.strip("[]").lower()
    return name in LOOPBACK_HOSTS or name.endswith(".localhost")


def addresses_in_forwarded(header: str) -> Iterator[str]:
    """Yield the addresses of each element of Forwarded (RFC 7239 section 4), and its hosts that are not loopback."""
    for element in header.split(","):
        pairs = [_PAIR.fullmatch(pair) for pair in element.split(";") if pair.strip()]
        parameters = [(pair[1].lower(), pair[2] or pair[3] or "") for pair in pairs if pair is not None]
        if len(parameters) < len(pairs) or "for" not in dict(parameters):
            yield A_PROXY  # Malformed, or without the client.
        for name, value in parameters:
            if name == "for":
                yield address_in(value)
            elif name == "host":
                yield from foreign_hosts(value)


def address_in(node: str) -> str:
    """Return the IP address in `node`, without brackets and port, or `node` if it has none."""
    found = _NODE.fullmatch(node.strip())
    return (found[1] or found[2]) if found else node.strip() or A_PROXY
