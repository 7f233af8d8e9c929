"""Blocked domains: clients from these domains, or with redirect URIs there, are refused or suspended."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.http.web_address import is_ip_address
from accounts.models import BlockedDomain, Client


def find_blocked(hosts: Iterable[str]) -> BlockedDomain | None:
    """Return a blocked domain to which one of `hosts` belongs, or None."""
    names = {name for host in hosts for name in with_parents(host.lower())}
    return BlockedDomain.objects.filter(domain__in=names).first() if names else None


def with_parents(host: str) -> list[str]:
    """Return a host and its parent domains: app.example.com, example.com, com. An IP address has no parents."""
    if is_ip_address(host):
        return [host]
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def clients_of(domain: str) -> list[Client]:
    """Return the clients with a document or redirect URI at `domain` that are not suspended."""
    as_written = Q(client_id__icontains=domain) | Q(redirect_uris__icontains=domain)
    # Earlier versions accepted clients whose hosts are written in other ways.
    encoded = Q(redirect_uris__contains="%") | Q(registration_source=Client.RegistrationSource.CIMD)
    mentioning = Client.objects.all() if is_ip_address(domain) else Client.objects.filter(as_written | encoded)
    return [
        client
        for client in mentioning.filter(suspended_at=None).iterator()
        if any(domain in with_parents(host) for host in client.hosts)
    ]
