"""A domain that the operator blocked brings no client, and none of its clients goes on."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.admin.clients.block_impact import digest, impact_of
from accounts.models import BlockedDomain, Client, Event
from tests.accounts.conftest import staff_with
from tests.support.factories import make_authorization, make_client, make_user
from tests.support.flows import App, ask, register, sign_in

pytestmark = pytest.mark.django_db

HOST = "app.evil.example.com"
EVIL = f"https://{HOST}/callback"
CLAUDE = "https://claude.ai/api/mcp/auth_callback"
ADD = reverse("admin:accounts_blockeddomain_add")


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


def fields_of(page: Any) -> dict[str, list[str]]:
    """What the page's form would send as it is shown: its hidden fields, and no box ticked."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def add_domain(browser: Browser, domain: str, **confirmed: object) -> Any:
    """Add it in admin, as far as the page that asks to confirm; with `confirmed`, confirm that page too."""
    page = browser.post(ADD, {"domain": domain}, follow=True)
    return browser.post(ADD, {**fields_of(page), **confirmed}, follow=True) if confirmed else page


def block_by_hand(browser: Browser, domain: str) -> None:
    """Add it in admin, and tick all that the page asks to confirm."""
    page = add_domain(browser, domain)
    ticked = re.findall(r'<input type="checkbox" name="also" value="([^"]*)"', page.text)
    browser.post(ADD, {**fields_of(page), "confirm": "1", "also": [unescape(each) for each in ticked]}, follow=True)


def block_page(client: Client) -> str:
    return reverse("admin:accounts_client_block", args=[client.pk])


def is_suspended(client: Client) -> bool:
    client.refresh_from_db()
    return client.suspended_at is not None


@pytest.fixture
def claude() -> Client:
    """A client by a metadata document that two people use."""
    claude = make_client(
        name="Claude",
        client_id="https://claude.ai/oauth/client.json",
        registration_source=Client.RegistrationSource.CIMD,
        redirect_uris=CLAUDE,
    )
    for _ in range(2):
        make_authorization(make_user(), claude)
    return claude


@pytest.fixture
def bad() -> Client:
    """A client that registered itself with Claude's address beside its own."""
    return App.register(client_name="Bad", redirect_uris=[CLAUDE, EVIL]).row


def test_blocking_suspends_the_clients_of_the_domain_and_no_others(admin_client: Browser) -> None:
    theirs, other = make_client(redirect_uris=EVIL), make_client(redirect_uris="https://notevil.example.com/x")
    document = make_client(
        client_id="https://evil.example.com/client.json", registration_source=Client.RegistrationSource.CIMD
    )
    page = add_domain(admin_client, "Evil.Example.com.", confirm="1", also="evil.example.com")
    assert "2 clients suspended" in page.text
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
    assert register(redirect_uris=[uri]).status_code == 400
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
def test_what_is_no_domain_is_refused(admin_client: Browser, domain: str) -> None:
    page = admin_client.post(reverse("admin:accounts_blockeddomain_add"), {"domain": domain})
    assert page.status_code == 200
    assert not BlockedDomain.objects.exists()


def test_domain_is_blocked_from_the_clients_own_page(admin_client: Browser) -> None:
    app = App.register(redirect_uris=[EVIL])
    page = admin_client.post(block_page(app.row), {"host": HOST})
    assert not BlockedDomain.objects.exists()
    page = admin_client.post(block_page(app.row), fields_of(page), follow=True)
    assert f"Blocked {HOST}: 1 client suspended." in page.text
    assert BlockedDomain.objects.get().domain == HOST
    assert ask(sign_in(), app).status_code == 400
    # To unblock it reinstates nobody.
    BlockedDomain.objects.all().delete()
    assert ask(sign_in(), app).status_code == 400


def test_a_bad_client_does_not_get_the_domain_of_another_blocked(
    admin_client: Browser, claude: Client, bad: Client
) -> None:
    page = admin_client.get(block_page(bad))
    assert "Claude (metadata document of claude.ai, 2 people)" in page.text
    assert " checked" not in page.text
    page = admin_client.post(block_page(bad), {"host": HOST})
    admin_client.post(block_page(bad), fields_of(page))
    assert is_suspended(bad)
    assert not is_suspended(claude)
    assert BlockedDomain.objects.get().domain == HOST


def test_a_shared_domain_is_blocked_with_an_explicit_tick_alone(
    admin_client: Browser, claude: Client, bad: Client
) -> None:
    page = admin_client.post(block_page(bad), {"host": ["claude.ai", HOST]})
    assert "Also suspends:" in page.text
    assert "Claude (claude.ai, 2 people)" in page.text
    for also in ([], [HOST], ["ai"]):
        again = admin_client.post(block_page(bad), {**fields_of(page), "also": also})
        assert "Tick each domain that other clients use too" in again.text
        assert not BlockedDomain.objects.exists()
    admin_client.post(block_page(bad), {**fields_of(page), "also": ["claude.ai"]})
    assert is_suspended(claude)
    assert is_suspended(bad)


@pytest.mark.parametrize("known", ["used", "approved", "by hand", "document"])
def test_a_client_that_somebody_relies_on_makes_a_domain_shared(admin_client: Browser, bad: Client, known: str) -> None:
    sources = {"by hand": Client.RegistrationSource.MANUAL, "document": Client.RegistrationSource.CIMD}
    other = make_client(
        name="Other",
        redirect_uris=EVIL,
        registration_source=sources.get(known, Client.RegistrationSource.DCR),
        client_id=f"https://{HOST}/x" if known == "document" else "other",
    )
    if known == "used":
        make_authorization(make_user(), other)
    if known == "approved":
        Client.objects.filter(pk=other.pk).update(vouched_fingerprint=other.fingerprint)
    page = admin_client.post(block_page(bad), {"host": HOST})
    assert "Also suspends:" in page.text
    admin_client.post(block_page(bad), fields_of(page))
    assert not is_suspended(other)


def test_what_changed_since_it_was_shown_is_shown_again(admin_client: Browser, bad: Client) -> None:
    page = admin_client.post(block_page(bad), {"host": "claude.ai"})
    late = make_client(name="Late", redirect_uris=CLAUDE)
    again = admin_client.post(block_page(bad), {**fields_of(page), "also": "claude.ai"})
    assert "would suspend have changed" in again.text
    assert "Late" in again.text
    assert not BlockedDomain.objects.exists()
    admin_client.post(block_page(bad), {**fields_of(again), "also": "claude.ai"})
    assert is_suspended(late)


def test_only_the_clients_own_domains_can_be_chosen_on_its_page(admin_client: Browser, claude: Client) -> None:
    app = App.register(redirect_uris=[EVIL])
    page = admin_client.post(block_page(app.row), {"host": "claude.ai"})
    assert "Choose at least one domain." in page.text
    assert not is_suspended(claude)


@pytest.mark.parametrize(
    "permissions",
    [(), ("view_client",), ("view_client", "change_client"), ("view_client", "add_blockeddomain"), ("delete_client",)],
)
def test_blocking_takes_both_permissions(bad: Client, permissions: tuple[str, ...]) -> None:
    browser = staff_with(*permissions)
    assert browser.get(block_page(bad)).status_code == 403
    shown = digest([impact_of(HOST, client=bad)])
    assert browser.post(block_page(bad), {"host": HOST, "shown": shown}).status_code == 403
    assert browser.post(ADD, {"domain": HOST, "shown": digest([impact_of(HOST)]), "also": HOST}).status_code == 403
    assert "Block its domain" not in browser.get(reverse("admin:accounts_client_change", args=[bad.pk])).text
    assert not is_suspended(bad)
    assert not BlockedDomain.objects.exists()


def test_both_permissions_are_enough(bad: Client) -> None:
    browser = staff_with("view_client", "change_client", "add_blockeddomain")
    assert "Block its domain" in browser.get(reverse("admin:accounts_client_change", args=[bad.pk])).text
    page = browser.post(block_page(bad), {"host": HOST})
    browser.post(block_page(bad), fields_of(page))
    assert is_suspended(bad)


def test_client_on_loopback_has_no_domain_to_block(admin_client: Browser) -> None:
    client = make_client()
    page = admin_client.get(reverse("admin:accounts_client_change", args=[client.pk]))
    assert "Block its domain" not in page.text
    assert admin_client.get(block_page(client)).status_code == 404


def test_client_of_a_blocked_domain_is_not_reinstated_by_who_may_only_change_clients(bad: Client) -> None:
    BlockedDomain.objects.create(domain=HOST)
    Client.objects.filter(pk=bad.pk).update(suspended_at=timezone.now())
    browser = staff_with("view_client", "change_client")
    act = reverse("admin:accounts_client_act", args=[bad.pk, "reinstate"])
    assert "stays suspended: its domain is blocked" in browser.post(act, follow=True).text
    assert is_suspended(bad)
    BlockedDomain.objects.all().delete()
    browser.post(act)
    assert not is_suspended(bad)
