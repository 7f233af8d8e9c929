"""Chips of apps in admin: among rows of the same name, each shows its hosts and who vouches for it."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Client, Event
from tests.support.factories import make_client
from tests.support.flows import App, ask, sign_in

pytestmark = pytest.mark.django_db

PHISHING = "https://claude-ai.evil-login.example/cb"
PAGES = [
    reverse("admin:oauth_mcp_client_changelist"),
    reverse("admin:oauth_mcp_event_changelist"),
    reverse("admin:oauth_mcp_event_attempts"),
]


@pytest.fixture
def phishing() -> Client:
    make_client(name="Claude", redirect_uris="https://claude.ai/callback")
    app = App.register(client_name="Claude", redirect_uris=[PHISHING])
    ask(sign_in(), app, redirect_uri="https://elsewhere.example/")
    return app.row


@pytest.mark.parametrize("page", PAGES)
def test_a_list_shows_the_host_and_trust_of_each_app(admin_client: Browser, phishing: Client, page: str) -> None:
    text = admin_client.get(page).content.decode()
    assert "claude-ai.<b>evil-login.example</b>" in text
    assert "Unverified" in text
    assert "<b>Look-alike.</b> Another app named Claude, at " in text


def test_every_page_that_names_a_look_alike_marks_it_with_the_app_that_it_resembles(
    admin_client: Browser, phishing: Client
) -> None:
    support = reverse("admin:oauth_mcp_user_support")
    actions = [reverse("admin:oauth_mcp_client_act", args=[phishing.pk, action]) for action in ("approve", "stop")]
    pages = [
        *(admin_client.get(page) for page in (*PAGES, reverse("admin:oauth_mcp_client_change", args=[phishing.pk]))),
        *(admin_client.get(support, query) for query in ({"q": "Claude"}, {"app": phishing.pk})),
        *(admin_client.post(page) for page in actions),
    ]
    for page in pages:
        assert '<b>Look-alike.</b> Another app named Claude, at <bdi class="app-host"><b>claude.ai</b>' in page.text


def test_the_pages_of_a_client_and_of_an_event_show_them_too(admin_client: Browser, phishing: Client) -> None:
    event = Event.objects.filter(client_id=phishing.client_id).latest("pk")
    for name, pk in (("client", phishing.pk), ("event", event.pk)):
        page = admin_client.get(reverse(f"admin:oauth_mcp_{name}_change", args=[pk])).content.decode()
        assert "claude-ai.<b>evil-login.example</b>" in page
    known = Client.objects.exclude(pk=phishing.pk).get()
    page = admin_client.get(reverse("admin:oauth_mcp_client_change", args=[known.pk])).content.decode()
    assert "Added by the administrator" in page
    assert "Another app named" not in page


def test_names_of_apps_are_escaped(admin_client: Browser) -> None:
    client = make_client(name="<b>Claude</b>", redirect_uris="https://claude.ai/callback")
    make_client(name="<b>Claude</b>", redirect_uris=PHISHING, registration_source="dcr")
    Event.objects.create(kind="mcp", outcome="ok", client_id=client.client_id, client_name=client.name)
    Event.objects.create(kind="mcp", outcome="ok", client_id="deleted", client_name="<i>Deleted</i>")
    for page in PAGES:
        text = admin_client.get(page).content.decode()
        assert "<b>Claude" not in text
        assert "<i>Deleted" not in text


@pytest.mark.parametrize("page", PAGES[:2])
def test_chips_cost_no_query_each(admin_client: Browser, page: str) -> None:
    counts = []
    for number in range(12):
        client = make_client(name=f"App {number}", redirect_uris=PHISHING)
        Event.objects.create(kind="mcp", outcome="ok", client_id=client.client_id, client_name=client.name)
        if number in (1, 11):
            with CaptureQueriesContext(connection) as queries:
                assert admin_client.get(page).status_code == 200
            counts.append(len(queries))
    assert counts[0] == counts[1]
