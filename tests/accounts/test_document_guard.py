"""The guard of the fetch: a document is never looked for inside our own network.

The resolver alone is replaced, by one that answers with the address under test.
"""

import socket
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.client_assertions import fetched_keys
from accounts.models import Client
from tests.flows import App, ask

pytestmark = pytest.mark.django_db

BLOCKED = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.8.9.1",
    "unspecified": "0.0.0.0",  # noqa: S104 - an address to refuse
    "private 10/8": "10.0.0.1",
    "private 172.16/12": "172.31.255.254",
    "private 192.168/16": "192.168.1.1",
    "shared 100.64/10": "100.64.0.1",
    "link-local, cloud metadata": "169.254.169.254",
    "benchmarking": "198.18.0.1",
    "documentation": "192.0.2.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 unique local": "fd00::1",
    "IPv4-mapped": "::ffff:169.254.169.254",
    "6to4": "2002:a9fe:a9fe::1",
    "NAT64": "64:ff9b::a9fe:a9fe",
}


@pytest.fixture
def connections(request: pytest.FixtureRequest) -> Any:
    """Where connections were attempted, while every name resolves to the test's `address`."""
    cache.clear()
    address = request.getfixturevalue("address")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    resolved = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    attempted: list[Any] = []

    def connect(place: Any, *args: Any, **options: Any) -> Any:
        attempted.append(place)
        raise ConnectionRefusedError

    with (
        mock.patch.object(socket, "getaddrinfo", return_value=resolved),
        mock.patch("urllib3.util.connection.create_connection", connect),
    ):
        yield attempted


@pytest.mark.parametrize("address", BLOCKED.values(), ids=BLOCKED.keys())
def test_a_document_is_never_fetched_from(browser: Browser, connections: list[Any], address: str) -> None:
    page = ask(browser, App("https://app.example/client.json", redirect_uri="https://app.example/callback"))
    assert page.status_code == 400
    assert connections == []
    assert not Client.objects.exists()


@pytest.mark.parametrize("address", BLOCKED.values(), ids=BLOCKED.keys())
def test_keys_are_never_fetched_from(connections: list[Any], address: str) -> None:
    assert fetched_keys("https://app.example/jwks.json", again=False) is None
    assert connections == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1"])
def test_a_public_address_is_asked(connections: list[Any], address: str) -> None:
    fetched_keys("https://app.example/jwks.json", again=False)
    assert connections == [(address, 443)]
