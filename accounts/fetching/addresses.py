"""IP addresses that an outgoing fetch may connect to.

The table does not depend on Python's `ipaddress`, whose results differ between releases. It has each block of the IANA
special-purpose address registries (IPv4 and IPv6, RFC 6890), including globally reachable ones: no client publishes its
documents there.
"""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

SPECIAL_IPV4 = {
    IPv4Network(network): source
    for network, source in {
        "0.0.0.0/8": "RFC 791: this network",
        "10.0.0.0/8": "RFC 1918: private use",
        "100.64.0.0/10": "RFC 6598: shared address space",
        "127.0.0.0/8": "RFC 1122: loopback",
        "169.254.0.0/16": "RFC 3927: link-local, cloud metadata",
        "172.16.0.0/12": "RFC 1918: private use",
        "192.0.0.0/24": "RFC 6890: IETF protocol assignments",
        "192.0.2.0/24": "RFC 5737: documentation",
        "192.31.196.0/24": "RFC 7535: AS112-v4",
        "192.52.193.0/24": "RFC 7450: AMT",
        "192.88.99.0/24": "RFC 7526: 6to4 relay anycast",
        "192.168.0.0/16": "RFC 1918: private use",
        "192.175.48.0/24": "RFC 7534: AS112 direct delegation",
        "198.18.0.0/15": "RFC 2544: benchmarking",
        "198.51.100.0/24": "RFC 5737: documentation",
        "203.0.113.0/24": "RFC 5737: documentation",
        "224.0.0.0/4": "RFC 5771: multicast",
        "240.0.0.0/4": "RFC 1112: reserved, and RFC 919: limited broadcast",
    }.items()
}
# RFC 4291 section 2.4: the only assigned unicast block. It excludes loopback and unspecified (RFC 4291),
# IPv4-compatible ::/96 and IPv4-mapped ::ffff:0:0/96 (RFC 4291), IPv4-translated ::ffff:0:0:0/96 (RFC 2765),
# discard-only 100::/64 (RFC 6666), SRv6 5f00::/16 (RFC 9602), unique local fc00::/7 (RFC 4193), link-local fe80::/10
# (RFC 4291), site-local fec0::/10 (RFC 3879) and multicast ff00::/8 (RFC 4291).
GLOBAL_UNICAST = IPv6Network("2000::/3")
SPECIAL_IPV6 = {
    IPv6Network(network): source
    for network, source in {
        "2001::/23": "RFC 2928: IETF protocol assignments, with Teredo 2001::/32 (RFC 4380)",
        "2001:db8::/32": "RFC 3849: documentation",
        "2002::/16": "RFC 3056: 6to4",
        "2620:4f:8000::/48": "RFC 7534: AS112 direct delegation",
        "3fff::/20": "RFC 9637: documentation",
    }.items()
}
# RFC 6052 section 2.1. Behind DNS64, every IPv4 host has an address here, whose embedded IPv4 address is checked. The
# prefix for local use, 64:ff9b:1::/48 (RFC 8215), is refused.
NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Return whether `address` is an IP address on the public internet. False for any other text."""
    try:
        parsed = ip_address(address)
    except (AddressValueError, ValueError):
        return False
    return is_public_ipv4(parsed) if isinstance(parsed, IPv4Address) else is_public_ipv6(parsed)


def is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in SPECIAL_IPV4)


def is_public_ipv6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address in NAT64:
        return is_public_ipv4(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)
