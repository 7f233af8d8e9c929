"""Limits of an address: an IPv6 one counts for its /64 and, more generously, for the /48 around that."""

import pytest
from django.test import RequestFactory

from accounts import rate_limits
from accounts.audit import sampling
from accounts.http.address import client_address, network_of, wider_network
from accounts.models import Event
from accounts.rate_limits import RateLimitExceeded
from accounts.rate_limits.rates import SITE_FACTOR

# Every limit whose key has an address, with the rest of the key that its caller gives it.
PER_ADDRESS = {
    "calls_address": "{}",
    "tokens_client": "client {}",
    "tokens_address": "{}",
    "registrations_address": "{}",
    "introspections_address": "{}",
    "authorizations_address": "{}",
    "device_codes_client": "client {}",
    "device_codes_address": "{}",
    "device_entries_address": "{}",
    "sign_ins_name": "name {}",
    "sign_ins_address": "{}",
    "refusals_address": "mcp {}",
    "sessions_address": "{}",
    "seen": "metadata resource {}",
}


def spent_after(name: str, addresses: list[str]) -> int:
    """Return the number of requests that are granted, one from each of `addresses`, until the first is refused."""
    for count, address in enumerate(addresses):
        try:
            rate_limits.hit(*rate_limits.quotas(**{name: PER_ADDRESS[name].format(network_of(address))}))
        except RateLimitExceeded:
            return count
    return len(addresses)


@pytest.mark.parametrize("name", PER_ADDRESS)
def test_many_networks_of_one_site_have_sixteen_times_what_one_has(store: str, settings, name: str) -> None:
    settings.LIMITS = {**settings.LIMITS, name: "2/hour"}
    assert spent_after(name, ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::"]) == 2
    elsewhere = [f"2001:db8:9:{number:x}::1" for number in range(100)]
    assert spent_after(name, elsewhere) == 2 * SITE_FACTOR
    # Another site has its own limit.
    assert spent_after(name, ["2001:db8:a::1"]) == 1


def test_every_limit_of_an_address_is_among_these(settings) -> None:
    assert {name for name in settings.LIMITS if name.endswith("_address")} < set(PER_ADDRESS)


def test_ipv4_addresses_have_no_wider_network(store: str, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "tokens_address": "1/hour"}
    assert spent_after("tokens_address", [f"192.0.2.{number}" for number in range(20)]) == 20
    assert len(rate_limits.quotas(tokens_address="192.0.2.1")) == 1


def test_an_ipv4_address_on_an_ipv6_socket_is_that_ipv4_address() -> None:
    mapped = RequestFactory().get("/", REMOTE_ADDR="::ffff:192.0.2.1")
    assert client_address(mapped) == "192.0.2.1"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("network", "wider"),
    [
        ("2001:db8:1:2::", "2001:db8:1::/48"),
        ("2001:db8::", "2001:db8::/48"),
        # One IPv4 address behind 6to4 is a /48 of its own (RFC 3056).
        ("2002:c000:201:7::", "2002:c000:201::/48"),
        ("192.0.2.1", ""),
        ("unknown", ""),
        ("2001:db8:1::/48", ""),
    ],
)
def test_wider_network(network: str, wider: str) -> None:
    assert wider_network(network) == wider


@pytest.mark.django_db
def test_refusals_count_for_the_network_and_not_for_the_single_address(settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "refusals_address": "3/hour", "refusals_total": "0"}
    refusals = [Event(kind="mcp", outcome="refused", address=f"2001:db8:1:2::{number:x}") for number in range(1, 10)]
    assert [sampling.should_drop(event) for event in refusals].count(False) == 4
