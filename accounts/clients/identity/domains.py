"""Registrable domains of hosts, by the Public Suffix List, whose copy comes with the package `publicsuffixlist`."""

from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from accounts.http.web_address import is_ip_address


@dataclass(frozen=True, slots=True)
class Host:
    """A host in three parts: what precedes its registrable `domain`, and what follows it (a port).

    Anybody can put any name before their own domain, as in claude-ai.evil-login.example.
    """

    before: str
    domain: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{self.domain}{self.after}"


def split(shown_host: str) -> Host:
    """Return the parts of a host that may have a port. Without a registrable domain, the whole host is `domain`."""
    is_address = shown_host.startswith("[")
    name, colon, port = (shown_host, "", "") if is_address else shown_host.partition(":")
    registrable = registrable_domain(name)
    return Host(name.removesuffix(registrable), registrable, f"{colon}{port}")


def registrable_domain(host: str) -> str:
    """Return the domain that somebody registered, such as example.co.uk of app.example.co.uk.

    A host without one (an IP address, a public suffix, a single label) is returned as it is.
    """
    if host.startswith("[") or is_ip_address(host):
        return host
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
