"""Domains that the operator wants no clients from: neither new ones, nor those that are there."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.http.web_address import is_ip_address
from accounts.models import BlockedDomain, Client


def blocking(hosts: Iterable[str]) -> BlockedDomain | None:
    """The domain, if any, because of which none of `hosts` may bring a client or be answered."""
    names = {name for host in hosts for name in with_parents(host.lower())}
    return BlockedDomain.objects.filter(domain__in=names).first() if names else None


def with_parents(host: str) -> list[str]:
    """app.example.com, example.com, com; an IP address has no parents."""
    if is_ip_address(host):
        return [host]
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def clients_of(domain: str) -> list[Client]:
    """The clients that come from `domain` or are answered there, and are not suspended yet."""
    as_written = Q(client_id__icontains=domain) | Q(redirect_uris__icontains=domain)
    # Clients from before such addresses were refused: their hosts may be written in other ways.
    encoded = Q(redirect_uris__contains="%") | Q(registration_source=Client.RegistrationSource.CIMD)
    mentioning = Client.objects.all() if is_ip_address(domain) else Client.objects.filter(as_written | encoded)
    return [
        client
        for client in mentioning.filter(suspended_at=None).iterator()
        if any(domain in with_parents(host) for host in client.hosts)
    ]
