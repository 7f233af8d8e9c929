"""Whether an address, or all that a proxy says of where a request came from, is of this machine."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

# RFC 7239 section 4: `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`.
FORWARDED_FOR = re.compile(r'\bfor="?([^";,]*)', re.IGNORECASE)


def is_loopback(address: str) -> bool:
    """Return whether `address` is an IP address of the loopback interface, IPv4 in IPv6 included."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def foreign_address(meta: Mapping[str, Any]) -> str | None:
    """Return where a request came from, if that is not this machine, by its connection or by what a proxy says.

    A Unix socket has no address: who may open it, is on this machine.
    """
    peer = str(meta.get("REMOTE_ADDR") or "")
    addresses = [*([peer] if peer else []), *told_by_proxies(meta)]
    return next((address for address in addresses if not is_loopback(address)), None)


def told_by_proxies(meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of X-Forwarded-For, X-Real-IP and Forwarded; what is none of them is no loopback address."""
    for name in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP"):
        if name in meta:
            yield from (address.strip() for address in meta[name].split(","))
    if "HTTP_FORWARDED" in meta:
        for address in FORWARDED_FOR.findall(meta["HTTP_FORWARDED"]) or ["a proxy"]:
            yield address.strip().strip("[]")
