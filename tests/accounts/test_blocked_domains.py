"""A domain that the operator blocked brings no client, and none of its clients goes on."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import BlockedDomain, Client, Event
from tests.factories import make_client
from tests.flows import App, ask, register, sign_in

pytestmark = pytest.mark.django_db

EVIL = "https://app.evil.example.com/callback"


@pytest.fixture
def blocked(db: None) -> BlockedDomain:
    return BlockedDomain.objects.create(domain="evil.example.com")


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize("uri", [EVIL, "https://evil.example.com", "https://EVIL.example.com:8443/x"])
def test_no_client_registers_from_there(uri: str) -> None:
    refused = register(redirect_uris=["http://localhost:1/x", uri])
    assert (refused.status_code, refused.json()["error"]) == (403, "access_denied")
    assert "blocked evil.example.com" in refused.json()["error_description"]
    assert not Client.objects.exists()
    assert Event.objects.get().reason == "access_denied"


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "uri", ["https://notevil.example.com/x", "https://example.com/evil.example.com", "http://localhost/x"]
)
def test_others_do(uri: str) -> None:
    assert register(redirect_uris=[uri]).status_code == 201


def test_blocking_suspends_the_clients_of_the_domain_and_no_others(admin_client: Browser) -> None:
    theirs, other = make_client(redirect_uris=EVIL), make_client(redirect_uris="https://notevil.example.com/x")
    document = make_client(
        client_id="https://evil.example.com/client.json", registration_source=Client.RegistrationSource.CIMD
    )
    page = admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": "Evil.Example.com."}, follow=True)
    assert "2 clients suspended" in page.content.decode()
    suspended = set(Client.objects.exclude(suspended_at=None))
    assert suspended == {theirs, document}
    assert other not in suspended
    told = set(Event.objects.filter(kind="admin", action="changed client").values_list("client_id", "detail"))
    assert told == {
        (client.client_id, f"{client}: Suspended: evil.example.com is blocked.") for client in (theirs, document)
    }


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil%2Eexample%2Ecom/x",
        "https://evil.example.com./x",
        "https://claude.ai%E3%80%82evil.example.com/x",
        "https://EVIL.example.com./x",
        "https://claude.ai\\@evil.example.com/x",
        "https://e\u00advil.example.com/x",
        "https:evil.example.com",
        "https:///evil.example.com/x",
    ],
)
def test_no_other_spelling_leads_around_a_block(uri: str) -> None:
    assert register(redirect_uris=[uri]).status_code in (400, 403)
    assert not Client.objects.exists()


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
    admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": "evil.example.com"})
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
    admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": written})
    assert Client.objects.get().suspended_at is not None
    assert register(redirect_uris=[uri]).status_code == 403


@pytest.mark.parametrize("uri", ["https://0x7f.1/x", "https://2130706433/x", "https://127.0.0.1./x"])
def test_blocking_an_address_finds_clients_that_wrote_it_in_another_way(admin_client: Browser, uri: str) -> None:
    client = make_client(redirect_uris=uri)
    admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": "127.0.0.1"})
    client.refresh_from_db()
    assert client.suspended_at is not None


def test_a_blocked_address_blocks_no_name_that_ends_like_it(admin_client: Browser) -> None:
    admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": "203.0.113.7"})
    assert register(redirect_uris=["https://1.203.0.113/x"]).status_code == 201


@pytest.mark.parametrize("domain", ["", "no domain", "https://evil.example.com", "evil.example.com/x", "a\x00b"])
def test_what_is_no_domain_is_refused(admin_client: Browser, domain: str) -> None:
    page = admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": domain})
    assert page.status_code == 200
    assert not BlockedDomain.objects.exists()


def test_domain_is_blocked_from_the_clients_own_page(admin_client: Browser) -> None:
    app = App.register(redirect_uris=[EVIL])
    act = reverse("admin:accounts_client_act", args=[app.row.pk, "block_domain"])
    assert "Blocked app.evil.example.com: 1 client suspended." in admin_client.post(act, follow=True).text
    assert BlockedDomain.objects.get().domain == "app.evil.example.com"
    assert ask(sign_in(), app).status_code == 400
    # To unblock it reinstates nobody.
    BlockedDomain.objects.all().delete()
    assert ask(sign_in(), app).status_code == 400


def test_client_on_loopback_has_no_domain_to_block(admin_client: Browser) -> None:
    page = admin_client.get(reverse("admin:accounts_client_change", args=[make_client().pk]))
    assert "Block its domain" not in page.content.decode()
