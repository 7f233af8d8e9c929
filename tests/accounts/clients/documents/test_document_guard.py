"""The guard of the fetch: no document is fetched from the server's own network.

The resolver alone is replaced, by one that answers with the address under test.
"""

import socket
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts import fetching
from accounts.models import Client
from tests.support.documents import end_fetches
from tests.support.flows import App, ask

pytestmark = pytest.mark.django_db

BLOCKED = {
    "0/8, unspecified": "0.0.0.0",  # noqa: S104 - an address to refuse
    "0/8, this network": "0.1.2.3",
    "10/8, private": "10.0.0.1",
    "100.64/10, shared": "100.64.0.1",
    "127/8, loopback": "127.0.0.1",
    "127/8, all of loopback": "127.8.9.1",
    "169.254/16, link-local and cloud metadata": "169.254.169.254",
    "172.16/12, private": "172.31.255.254",
    "192.0.0/24, protocol assignments": "192.0.0.9",
    "192.0.2/24, documentation": "192.0.2.1",
    "192.31.196/24, AS112": "192.31.196.1",
    "192.52.193/24, AMT": "192.52.193.1",
    "192.88.99/24, 6to4 relays": "192.88.99.1",
    "192.168/16, private": "192.168.1.1",
    "192.175.48/24, AS112": "192.175.48.1",
    "198.18/15, benchmarking": "198.19.255.254",
    "198.51.100/24, documentation": "198.51.100.1",
    "203.0.113/24, documentation": "203.0.113.1",
    "224/4, multicast": "224.0.0.1",
    "224/4, multicast of an organization": "239.255.255.250",
    "240/4, reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "::1, loopback": "::1",
    "::, unspecified": "::",
    "::/96, IPv4-compatible private": "::10.0.0.1",
    "::/96, IPv4-compatible": "::93.184.215.14",
    "::ffff:0:0/96, IPv4-mapped private": "::ffff:169.254.169.254",
    "::ffff:0:0/96, IPv4-mapped loopback": "::ffff:127.0.0.1",
    "::ffff:0:0:0/96, IPv4-translated": "::ffff:0:10.0.0.1",
    "64:ff9b::/96, NAT64 of private": "64:ff9b::10.0.0.1",
    "64:ff9b::/96, NAT64 of cloud metadata": "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::/48, NAT64 for local use": "64:ff9b:1::a9fe:a9fe",
    "100::/64, discard": "100::1",
    "100:0:0:1::/64, dummy prefix": "100:0:0:1::1",
    "2001::/32, Teredo": "2001:0:5db8:d70e::1",
    "2001:1::/32, protocol assignments": "2001:1::1",
    "2001:2::/48, benchmarking": "2001:2::1",
    "2001:10::/28, ORCHID": "2001:10::1",
    "2001:20::/28, ORCHIDv2": "2001:20::1",
    "2001:30::/28, drone remote ID": "2001:30::1",
    "2001:db8::/32, documentation": "2001:db8::1",
    "2002::/16, 6to4 of private": "2002:a9fe:a9fe::1",
    "2002::/16, 6to4": "2002:5db8:d70e::1",
    "2620:4f:8000::/48, AS112": "2620:4f:8000::1",
    "3fff::/20, documentation": "3fff::1",
    "5f00::/16, segment routing": "5f00::1",
    "not assigned": "4000::1",
    "fc00::/7, unique local": "fd00::1",
    "fe80::/10, link-local": "fe80::1",
    "fe80::/10, link-local with its interface": "fe80::1%eth0",
    "fec0::/10, site-local": "fec0::1",
    "ff00::/8, multicast": "ff02::1",
    "ff00::/8, global multicast": "ff0e::1",
    "an interface on a public address": "2606:2800:220:1::1%eth0",
}


@pytest.fixture
def connections(request: pytest.FixtureRequest) -> Any:
    """Return the attempted connections, while every name resolves to the test's `address`."""
    cache.clear()
    end_fetches()
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
    with pytest.raises(fetching.FetchError, match="not on the public internet"):
        fetch_keys()
    assert connections == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_asked(connections: list[Any], address: str) -> None:
    with pytest.raises(fetching.Unavailable):
        fetch_keys()
    assert connections == [(address, 443)]


@pytest.mark.parametrize("address", ["93.184.215.14"])
def test_a_host_with_one_private_address_is_refused(connections: list[Any], address: str) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in (address, "10.0.0.1")]
    with mock.patch.object(socket, "getaddrinfo", return_value=answers), pytest.raises(fetching.FetchError):
        fetch_keys()
    assert connections == []


def fetch_keys() -> None:
    fetching.fetch("https://app.example/jwks.json", purpose="keys", requester="a test")
