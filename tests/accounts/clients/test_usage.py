"""The usage of each client in admin: its people, its first and its last use."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:oauth_mcp_client_changelist")


def row_of(browser: Browser, client: Client) -> Any:
    return next(row for row in browser.get(LIST).context["cl"].result_list if row.pk == client.pk)


def test_people_and_live_tokens_are_counted(admin_client: Browser) -> None:
    client, other = make_client(), make_client(name="Other")
    for _ in range(2):
        make_tokens(make_authorization(make_user(), client))
    person = make_user()
    make_tokens(make_authorization(person, client, revoked_at=timezone.now()))
    make_tokens(make_authorization(person, client), expires_in=-timedelta(minutes=1))
    make_tokens(make_authorization(person, other))
    row = row_of(admin_client, client)
    assert (row.people_count, row.token_count) == (3, 2)


def test_first_and_last_use_are_shown(admin_client: Browser) -> None:
    client = make_client()
    assert (row_of(admin_client, client).first_used_at, row_of(admin_client, client).last_used_at) == (None, None)
    consent = make_authorization(make_user(), client).consent
    event = Event.objects.create(kind=Event.Kind.MCP, outcome="ok", client_id=client.client_id)
    Event.objects.create(kind=Event.Kind.TOKEN, outcome="ok", client_id=client.client_id)
    row = row_of(admin_client, client)
    assert (row.first_used_at, row.last_used_at) == (consent.created_at, event.at)


def test_domain_that_vouches_for_a_client_is_named(admin_client: Browser) -> None:
    client = make_client(client_id="https://claude.ai/client.json", registration_source=Client.RegistrationSource.CIMD)
    assert "by the metadata document of claude.ai" in admin_client.get(LIST).content.decode()
    page = admin_client.get(reverse("admin:oauth_mcp_client_change", args=[client.pk]))
    assert "by the metadata document of claude.ai" in page.content.decode()


def test_links_lead_to_its_own_people_and_tokens(admin_client: Browser) -> None:
    client = make_client()
    make_tokens(make_authorization(make_user(), client))
    make_tokens(make_authorization(make_user(), make_client(name="Other")))
    page = admin_client.get(reverse("admin:oauth_mcp_client_change", args=[client.pk])).content.decode()
    for model, query in (("consent", {}), ("accesstoken", {"state": "live"})):
        address = reverse(f"admin:oauth_mcp_{model}_changelist", query={"client": client.client_id, **query})
        assert address.replace("&", "&amp;") in page
        assert len(admin_client.get(address).context["cl"].result_list) == 1
