"""The page of a client in admin that blocks its domains."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.admin.clients.block_impact import digest, impact_of
from accounts.models import BlockedDomain, Client
from tests.support.admin.pages import confirmed
from tests.support.admin.staff import staff_with
from tests.support.blocking import ADD, CLAUDE, EVIL, HOST, fields_of, is_suspended
from tests.support.factories import make_authorization, make_client, make_user
from tests.support.flows import App, ask, sign_in

pytestmark = pytest.mark.django_db


def block_page(client: Client) -> str:
    return reverse("admin:oauth_mcp_client_block", args=[client.pk])


def test_domain_is_blocked_from_the_clients_own_page(admin_client: Browser) -> None:
    app = App.register(redirect_uris=[EVIL])
    page = admin_client.post(block_page(app.row), {"host": HOST})
    assert not BlockedDomain.objects.exists()
    page = admin_client.post(block_page(app.row), fields_of(page), follow=True)
    assert f"Blocked {HOST}. Suspended: {app.row} at {HOST} (0 people)." in page.text
    assert BlockedDomain.objects.get().domain == HOST
    assert ask(sign_in(), app).status_code == 400
    # Removing the block does not reinstate the client.
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
def test_a_client_that_people_rely_on_makes_a_domain_shared(admin_client: Browser, bad: Client, known: str) -> None:
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
    assert "Block its domain" not in browser.get(reverse("admin:oauth_mcp_client_change", args=[bad.pk])).text
    assert not is_suspended(bad)
    assert not BlockedDomain.objects.exists()


def test_both_permissions_are_enough(bad: Client) -> None:
    browser = staff_with("view_client", "change_client", "add_blockeddomain")
    assert "Block its domain" in browser.get(reverse("admin:oauth_mcp_client_change", args=[bad.pk])).text
    page = browser.post(block_page(bad), {"host": HOST})
    browser.post(block_page(bad), fields_of(page))
    assert is_suspended(bad)


def test_client_on_loopback_has_no_domain_to_block(admin_client: Browser) -> None:
    client = make_client()
    page = admin_client.get(reverse("admin:oauth_mcp_client_change", args=[client.pk]))
    assert "Block its domain" not in page.text
    assert admin_client.get(block_page(client)).status_code == 404


def test_permission_to_change_clients_does_not_reinstate_a_client_of_a_blocked_domain(bad: Client) -> None:
    BlockedDomain.objects.create(domain=HOST)
    Client.objects.filter(pk=bad.pk).update(suspended_at=timezone.now())
    browser = staff_with("view_client", "change_client")
    act = reverse("admin:oauth_mcp_client_act", args=[bad.pk, "reinstate"])
    assert "stays suspended: its domain is blocked" in confirmed(browser, act).text
    assert is_suspended(bad)
    BlockedDomain.objects.all().delete()
    confirmed(browser, act)
    assert not is_suspended(bad)
