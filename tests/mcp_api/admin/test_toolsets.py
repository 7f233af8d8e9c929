"""Toolsets in admin: added, changed, switched off, deleted."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Authorization, Event
from mcp_api import toolset
from mcp_api.models import Policy, Toolset
from mcp_api.toolsets.declarations import declarations
from tests.mcp_api.conftest import put_back
from tests.mcp_api.toolsets.conftest import caller_at
from tests.support.admin.staff import staff_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry")]

LIST, ADD = reverse("admin:mcp_api_toolset_changelist"), reverse("admin:mcp_api_toolset_add")


def page_of(row: Toolset) -> str:
    return reverse("admin:mcp_api_toolset_change", args=[row.pk])


def save(browser: Browser, address: str, **fields: Any) -> Any:
    return browser.post(address, {"enabled": "on", **fields})


def test_an_operator_adds_a_set_of_apps_names_and_choices(admin_client: Browser) -> None:
    admin_client.get(ADD)
    chosen, group = Policy.objects.get(name="recommend"), Group.objects.create(name="Staff")
    fields = {"apps": ["mcp_api"], "include": "find_*\nlibrary://*", "picked": [chosen.pk], "groups": [group.pk]}
    response = save(admin_client, ADD, name="books", title="Books", scopes=["read"], **fields)
    assert response.status_code == 302, response.text
    row = Toolset.objects.get()
    assert (row.apps, row.include.split(), row.scopes) == ("mcp_api", ["find_*", "library://*"], "read")
    assert [*row.picked.all(), *row.groups.all()] == [chosen, group]
    page = admin_client.get(page_of(row)).text
    for text in ("http://localhost/mcp/books", "find_books", "recommend", "library://books/{number}", "using-this-"):
        assert text in page
    assert Event.objects.latest("pk").action == "added toolset"


@pytest.mark.parametrize("name", ["", "Books", "a b", "../x", "-a", "a-", "ä", 51 * "a", "a\x00"])
def test_a_name_that_cannot_be_in_an_address_is_refused(admin_client: Browser, name: str) -> None:
    assert save(admin_client, ADD, name=name).status_code == 200
    assert not Toolset.objects.exists()


def test_a_name_is_taken_once_and_cannot_be_changed(admin_client: Browser) -> None:
    row = Toolset.objects.create(name="books")
    assert save(admin_client, ADD, name="books").status_code == 200
    assert save(admin_client, page_of(row), name="other", title="Books").status_code == 302
    row.refresh_from_db()
    assert (row.name, row.title) == ("books", "Books")


def test_a_change_holds_for_the_next_request(admin_client: Browser) -> None:
    row = Toolset.objects.create(name="books", include="echo")
    caller = caller_at("books")
    assert caller.call("echo", text="hi")
    save(admin_client, page_of(row), include="get_time")
    assert caller.modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}}).status_code == 400
    admin_client.post(page_of(row), {"include": "get_time"})
    assert caller.modern("tools/list").status_code == 404


def test_a_set_that_is_deleted_ends_its_connections(admin_client: Browser) -> None:
    row = Toolset.objects.create(name="books", include="echo")
    caller_at("books")
    assert 'class="field-connections">1' in admin_client.get(LIST).text.replace("\n", "") or "1</a>" in (
        admin_client.get(LIST).text
    )
    admin_client.post(reverse("admin:mcp_api_toolset_delete", args=[row.pk]), {"post": "yes"})
    assert not Authorization.objects.live().exists()


def test_a_declared_set_is_listed_and_can_be_switched_off_but_not_deleted(admin_client: Browser) -> None:
    with put_back(declarations):
        toolset("loans", title="Loans", include=["lend_*"])
        assert "Loans" in admin_client.get(LIST).text
        row = Toolset.objects.get()
        assert "lend_book" in admin_client.get(page_of(row)).text
        assert admin_client.get(reverse("admin:mcp_api_toolset_delete", args=[row.pk])).status_code == 403
        admin_client.post(page_of(row), {})
        row.refresh_from_db()
        assert not row.enabled


def test_staff_who_may_only_view_see_the_page(admin_client: Browser) -> None:
    row = Toolset.objects.create(name="books", include="echo")
    assert "echo" in staff_with("view_toolset").get(page_of(row)).text
    assert staff_with("view_toolset").post(page_of(row), {"title": "x"}).status_code == 403


def test_events_name_the_endpoint(admin_client: Browser) -> None:
    Toolset.objects.create(name="books", include="echo")
    caller_at("books").call("echo", text="hi")
    event = Event.objects.latest("pk")
    assert (event.action, event.endpoint) == ("tools/call echo", "books")
    assert "tools/call echo at books" in admin_client.get(reverse("admin:oauth_mcp_event_changelist")).text
