"""Domains that the operator blocks by their name, and the clients that this suspends."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import BlockedDomain, Client, Event
from tests.support.blocking import EVIL, add_domain, block_by_hand, is_suspended
from tests.support.factories import make_client
from tests.support.flows import register

pytestmark = pytest.mark.django_db


def test_blocking_suspends_the_clients_of_the_domain_and_no_others(admin_client: Browser) -> None:
    theirs, other = make_client(redirect_uris=EVIL), make_client(redirect_uris="https://notevil.example.com/x")
    document = make_client(
        client_id="https://evil.example.com/client.json", registration_source=Client.RegistrationSource.CIMD
    )
    page = add_domain(admin_client, "Evil.Example.com.", confirm="1", also="evil.example.com")
    assert page.text.count("(0 people)") == 2
    suspended = set(Client.objects.exclude(suspended_at=None))
    assert suspended == {theirs, document}
    assert other not in suspended
    told = set(Event.objects.filter(kind="admin", action="changed client").values_list("client_id", "detail"))
    assert told == {
        (client.client_id, f"{client}: Suspended: evil.example.com is blocked.") for client in (theirs, document)
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"redirect_uris": "http://localhost/x https://evil%2Eexample%2Ecom/x"},
        {"redirect_uris": "https://evil.example.com./x"},
        {"redirect_uris": "https://claude.ai%E3%80%82evil.example.com/x"},
        {"client_id": "https://evil.example.com/{x}", "registration_source": "cimd"},
        {"client_id": "https://\uff45vil.example.com/x", "registration_source": "cimd"},
    ],
)
def test_blocking_finds_clients_from_before_such_spellings_were_refused(
    admin_client: Browser, fields: dict[str, str]
) -> None:
    client, other = make_client(**fields), make_client(redirect_uris="https://other.example/%20")
    block_by_hand(admin_client, "evil.example.com")
    assert list(Client.objects.exclude(suspended_at=None)) == [client]
    assert other.suspended_at is None


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("bücher.example", "https://app.xn--bcher-kva.example/x"),
        ("203.0.113.7", "https://203.0.113.7:8443/x"),
        ("2001:DB8::1", "https://[2001:db8::1]/x"),
        ("intranet", "https://intranet/x"),
        ("a-.example", "https://a-.example/x"),
    ],
)
def test_every_host_that_can_be_registered_can_be_blocked(admin_client: Browser, written: str, uri: str) -> None:
    assert register(redirect_uris=[uri]).status_code == 201
    block_by_hand(admin_client, written)
    assert Client.objects.get().suspended_at is not None
    assert register(redirect_uris=[uri]).status_code == 403


@pytest.mark.parametrize("uri", ["https://0x7f.1/x", "https://2130706433/x", "https://127.0.0.1./x"])
def test_blocking_an_address_finds_clients_that_wrote_it_in_another_way(admin_client: Browser, uri: str) -> None:
    client = make_client(redirect_uris=uri)
    block_by_hand(admin_client, "127.0.0.1")
    client.refresh_from_db()
    assert client.suspended_at is not None


def test_a_blocked_address_blocks_no_name_that_ends_like_it(admin_client: Browser) -> None:
    block_by_hand(admin_client, "203.0.113.7")
    assert register(redirect_uris=["https://1.203.0.113/x"]).status_code == 201


def test_domain_added_by_hand_is_not_blocked_before_its_effect_was_shown(admin_client: Browser, claude: Client) -> None:
    page = add_domain(admin_client, "claude.ai")
    assert "Also suspends:" in page.text
    assert "Claude (claude.ai, 2 people)" in page.text
    assert not BlockedDomain.objects.exists()
    assert not is_suspended(claude)
    refused = add_domain(admin_client, "claude.ai", confirm="1")
    assert "Tick each domain that other clients use too" in refused.text
    assert not BlockedDomain.objects.exists()
    add_domain(admin_client, "claude.ai", confirm="1", also="claude.ai")
    assert is_suspended(claude)


def test_parent_of_a_shared_domain_is_shared(admin_client: Browser) -> None:
    below = make_client(name="Below", redirect_uris="https://a.shared.example.com/x")
    page = add_domain(admin_client, "example.com", confirm="1")
    assert "Below (example.com, 0 people)" in page.text
    assert not is_suspended(below)


@pytest.mark.parametrize("domain", ["", "no domain", "https://evil.example.com", "evil.example.com/x", "a\x00b"])
def test_text_that_is_not_a_domain_is_refused(admin_client: Browser, domain: str) -> None:
    page = admin_client.post(reverse("admin:oauth_mcp_blockeddomain_add"), {"domain": domain})
    assert page.status_code == 200
    assert not BlockedDomain.objects.exists()
