"""Texts of the pages of clients: the host, the time of admission, and messages about actions without effect."""

import pytest

from accounts.models import BlockedDomain, Client
from tests.support.admin.pages import press, text_of, url
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.django_db


def test_client_of_an_installed_app_is_named_without_its_scheme(admin_client):
    client = make_client(name="Cursor", redirect_uris="cursor://anysphere.cursor-mcp/callback")
    page = text_of(admin_client.post(url("client_act", client.pk, "stop")))
    assert "Stop Cursor at this device?" in page
    assert "(access and refresh tokens)" in page


def test_time_of_admission_is_not_called_an_approval(admin_client):
    client = make_client(registration_source="dcr")
    page = text_of(admin_client.get(url("client_change", client.pk)))
    assert "Admitted at" in page
    assert "Approved at" not in page
    Client.objects.update(approved_at=None)
    assert "not yet" in text_of(admin_client.get(url("client_change", client.pk)))


def test_client_id_can_be_copied(admin_client):
    client = make_client()
    page = text_of(admin_client.get(url("client_change", client.pk)))
    assert f'<code data-copy="Copy the client ID">{client.client_id}</code>' in page


def test_active_client_is_not_reinstated(admin_client):
    assert "Nothing to reinstate" in press(admin_client, make_client(), "reinstate")


def test_active_person_is_not_reactivated(admin_client):
    assert "Nobody reactivated" in press(admin_client, make_user("ada"), "reactivate")


def test_registrations_of_the_same_client_are_called_repeated(admin_client):
    assert "Repeated registrations" in text_of(admin_client.get(url("client_lookalikes")))
    assert "Repeated registrations" in text_of(admin_client.get(url("client_changelist")))


def test_page_before_a_block_says_that_all_clients_are_suspended(admin_client):
    client = make_client(redirect_uris="https://evil.example/cb", registration_source="dcr")
    Client.objects.update(suspended_at=client.created)
    page = text_of(admin_client.get(url("client_block", client.pk)))
    assert "all of its clients are suspended already" in page
    assert "Suspends 0" not in page


def test_host_of_a_pasted_address_is_blocked(admin_client):
    data = {"domain": "https://Evil.example:8443/x?y#z"}
    shown = admin_client.post(url("blockeddomain_add"), data).context["shown"]
    admin_client.post(url("blockeddomain_add"), {**data, "shown": shown})
    assert list(BlockedDomain.objects.values_list("domain", flat=True)) == ["evil.example"]


@pytest.mark.parametrize("text", ["", "https://", "https://[", "ftp://evil.example/", "evil.example/x"])
def test_domain_that_is_none_is_one_error(admin_client, text):
    page = text_of(admin_client.post(url("blockeddomain_add"), {"domain": text}))
    assert page.count('class="errorlist"') == 1
    assert page.partition('class="errorlist"')[2].partition("</ul>")[0].count("<li") == 1


def test_home_page_with_characters_that_reverse_it_is_refused(admin_client):
    client = make_client()
    data = {"name": "A", "redirect_uris": "https://a.example/cb", "token_endpoint_auth_method": "client_secret_basic"}
    page = text_of(
        admin_client.post(url("client_change", client.pk), {**data, "client_uri": "https://a.example/\u202egpj"})
    )
    assert "This address has invisible characters." in page
