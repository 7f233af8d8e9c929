"""Lookalikes: clients that registered repeatedly are shown as one group, and removed where they are unused."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client
from tests.support.admin.pages import confirmed
from tests.support.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.flows import App, register

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:oauth_mcp_client_lookalikes")


def cursor(port: int, **metadata: Any) -> Client:
    registered = register(client_name="Cursor", redirect_uris=[f"http://localhost:{port}/callback"], **metadata)
    return Client.objects.get(client_id=registered.json()["client_id"])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return str(response.content.decode())


def test_same_program_on_another_port_looks_alike() -> None:
    assert cursor(1111).lookalike == cursor(2222).lookalike


def test_another_name_or_address_does_not() -> None:
    known = cursor(1111).lookalike
    others = [
        App.register(client_name="Claude", redirect_uris=["http://localhost:1/callback"]),
        App.register(client_name="Cursor", redirect_uris=["http://localhost:1/other"]),
        App.register(client_name="Cursor", redirect_uris=["https://example.com:1/callback"]),
    ]
    assert known not in {app.row.lookalike for app in others}


def test_it_follows_the_name() -> None:
    client = cursor(1111)
    before = client.lookalike
    client.name = "Another"
    client.save(update_fields=["name"])
    client.refresh_from_db()
    assert client.lookalike != before


def test_they_are_listed_as_one_group(admin_client: Browser) -> None:
    for port in range(3):
        cursor(port + 1000)
    make_client(name="Alone")
    page = text_of(admin_client.get(PAGE))
    assert "Cursor" in page
    assert '<td class="field-count">3</td>' in page
    assert "Alone" not in page


def test_unused_lookalikes_are_removed_and_no_others(admin_client: Browser) -> None:
    used, *rest = (cursor(port) for port in range(1000, 1004))
    make_tokens(make_authorization(make_user(), used))
    by_hand = make_client(name="Cursor", redirect_uris="http://localhost:1/callback")
    other = App.register(client_name="Other").row
    page = text_of(confirmed(admin_client, PAGE, {"lookalike": [used.lookalike]}))
    assert "3 unused clients removed." in page
    assert set(Client.objects.all()) == {used, by_hand, other}
    assert not Client.objects.filter(pk__in=[each.pk for each in rest]).exists()


def test_page_asks_before_it_removes_and_names_the_clients(admin_client: Browser) -> None:
    one, _ = cursor(1), cursor(2)
    page = admin_client.post(PAGE, {"lookalike": [one.lookalike]})
    assert "Remove 2 clients?" in page.text
    assert page.text.count("Cursor") == 2
    assert f'href="{PAGE}"' in page.text
    assert Client.objects.count() == 2


def test_client_that_is_used_since_the_page_opened_is_asked_about_again(admin_client: Browser) -> None:
    one, _ = cursor(1), cursor(2)
    shown = admin_client.post(PAGE, {"lookalike": [one.lookalike]}).context["shown"]
    make_tokens(make_authorization(make_user(), one))
    page = admin_client.post(PAGE, {"lookalike": [one.lookalike], "shown": shown})
    assert "The selected rows have changed since this page was opened." in unescape(page.text)
    assert Client.objects.count() == 2


@pytest.mark.parametrize(("chosen", "status"), [([], 302), (["x"], 404), (["\x00" * 64], 404)])
def test_nothing_chosen_removes_nothing(admin_client: Browser, chosen: list[str], status: int) -> None:
    cursor(1), cursor(2)
    assert admin_client.post(PAGE, {"lookalike": chosen}).status_code == status
    assert Client.objects.count() == 2


def test_only_permission_to_delete_clients_removes_them() -> None:
    client = cursor(1)
    viewer = make_user("viewer", is_staff=True)
    browser = Browser()
    browser.force_login(viewer)
    assert browser.get(PAGE).status_code == 403
    from django.contrib.auth.models import Permission

    viewer.user_permissions.add(Permission.objects.get(codename="view_client"))
    assert browser.get(PAGE).status_code == 200
    assert browser.post(PAGE, {"lookalike": [client.lookalike]}).status_code == 403


def test_clients_page_counts_and_lists_those_like_it(admin_client: Browser) -> None:
    client, _ = cursor(1), cursor(2)
    App.register(client_name="Other")
    page = text_of(admin_client.get(reverse("admin:oauth_mcp_client_change", args=[client.pk])))
    assert f"?like={client.pk}" in page
    listed = admin_client.get(reverse("admin:oauth_mcp_client_changelist"), {"like": client.pk})
    assert {row.name for row in listed.context["cl"].result_list} == {"Cursor"}


@pytest.mark.django_db(transaction=True)
def test_clients_that_were_there_before_are_grouped_too() -> None:
    client = cursor(1)
    executor = MigrationExecutor(connection)
    try:
        executor.migrate([("oauth_mcp", "0003_allowances_and_revisions")])
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert Client.objects.get(pk=client.pk).lookalike == client.lookalike


def test_what_was_approved_long_ago_and_has_lapsed_is_in_use_no_more(admin_client: Browser) -> None:
    lapsed, in_flight = cursor(1), cursor(2)
    person = make_user()
    _, refresh, _ = make_tokens(make_authorization(person, lapsed), expires_in=timedelta(minutes=-1))
    long_ago = timezone.now() - timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS, minutes=1)
    type(refresh).objects.update(created=long_ago)
    make_grant(make_authorization(person, in_flight))
    confirmed(admin_client, PAGE, {"lookalike": [lapsed.lookalike]})
    assert set(Client.objects.all()) == {in_flight}
