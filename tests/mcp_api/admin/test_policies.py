"""The operator sees all that is offered, and decides about it, in admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client as Browser
from django.urls import reverse

from mcp_api import tool
from mcp_api.models import Policy
from tests.mcp_api.conftest import Caller
from tests.support.admin.staff import staff_with
from tests.support.factories import make_client, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry")]

LIST = reverse("admin:mcp_api_policy_changelist")


def page_of(policy: Policy) -> str:
    return reverse("admin:mcp_api_policy_change", args=[policy.pk])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return str(response.content.decode())


@pytest.fixture
def echo(admin_client: Browser) -> Policy:
    admin_client.get(LIST)
    return Policy.objects.get(kind="tool", name="echo")


def call_echo(caller: Caller) -> int:
    return int(caller.modern("tools/call", {"name": "echo", "arguments": {"text": "a"}}).status_code)


def test_all_that_is_offered_is_listed_with_what_it_does_and_needs(admin_client: Browser) -> None:
    listed = text_of(admin_client.get(LIST))
    assert "<h1>Tools, resources, prompts and skills</h1>" in listed
    for name in ("echo", "lend_book", "book_destroy", "library://books/{number}", "recommend", "using-this-server"):
        assert name in listed
    assert "Can change or delete" in listed
    assert "library:lend" in listed
    assert "read, library.view_book" in listed
    assert Policy.objects.filter(kind="tool", name="echo", enabled=True).count() == 1


def test_listing_again_adds_nothing(admin_client: Browser, django_assert_max_num_queries: Any) -> None:
    admin_client.get(LIST)
    before = Policy.objects.count()
    with django_assert_max_num_queries(14):
        admin_client.get(LIST)
    assert Policy.objects.count() == before


def test_tool_is_switched_off_from_the_list_and_is_gone_at_once(
    admin_client: Browser, echo: Policy, caller: Caller
) -> None:
    assert call_echo(caller) == 200
    formset = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(echo.pk),
        "_save": "Save",
    }
    admin_client.post(f"{LIST}?q=echo", formset)
    assert call_echo(caller) == 400
    admin_client.post(f"{LIST}?q=echo", {**formset, "form-0-enabled": "on"})
    assert call_echo(caller) == 200


def test_groups_clients_and_scopes_are_decided_on_its_page(admin_client: Browser, echo: Policy, caller: Caller) -> None:
    staff = Group.objects.create(name="Staff")
    shown = text_of(admin_client.get(page_of(echo)))
    assert "Return the given text unchanged." in shown
    assert "mcp_api.mcp_tools" in shown
    admin_client.post(page_of(echo), {"enabled": "on", "groups": [staff.pk]})
    assert call_echo(caller) == 400
    caller.person.groups.add(staff)
    assert call_echo(caller) == 200
    admin_client.post(page_of(echo), {"enabled": "on", "scopes": ["write"]})
    assert call_echo(caller) == 403
    admin_client.post(page_of(echo), {"enabled": "on", "clients": [caller.client.pk]})
    assert call_echo(caller) == 400
    admin_client.post(page_of(echo), {"enabled": "on"})
    assert call_echo(caller) == 200


def test_unknown_scope_is_refused(admin_client: Browser, echo: Policy) -> None:
    assert "Select a valid choice" in text_of(admin_client.post(page_of(echo), {"enabled": "on", "scopes": ["fly"]}))
    echo.refresh_from_db()
    assert echo.scopes == ""


def test_what_is_offered_cannot_be_added_or_deleted_here_what_is_not_any_more_can(
    admin_client: Browser, echo: Policy
) -> None:
    assert admin_client.get(reverse("admin:mcp_api_policy_add")).status_code == 403
    delete = reverse("admin:mcp_api_policy_delete", args=[echo.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    gone = Policy.objects.create(kind="tool", name="long_gone")
    assert "no longer available" in text_of(admin_client.get(LIST))
    admin_client.post(reverse("admin:mcp_api_policy_delete", args=[gone.pk]), {"post": "yes"})
    assert not Policy.objects.filter(pk=gone.pk).exists()


def test_what_an_author_wrote_is_never_markup(admin_client: Browser) -> None:
    @tool(name="hostile", title="<b>")
    def hostile() -> None:
        """<script>alert(1)</script>"""

    admin_client.get(LIST)
    shown = text_of(admin_client.get(page_of(Policy.objects.get(name="hostile"))))
    assert "<script>alert" not in shown


def test_only_who_may_change_policies_can(echo: Policy) -> None:
    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_policy"))
    browser = Browser()
    browser.force_login(viewer)
    assert browser.get(page_of(echo)).status_code == 200
    assert browser.post(page_of(echo), {}).status_code == 403
    echo.refresh_from_db()
    assert echo.enabled


def test_kept_out_clients_are_named_in_the_list(admin_client: Browser, echo: Policy) -> None:
    echo.clients.add(make_client(name="Nosy"))
    assert "Nosy" in text_of(admin_client.get(LIST))


def test_page_of_a_tool_links_to_its_activity_for_readers_of_events(admin_client: Browser, echo: Policy) -> None:
    link = f'<a href="{reverse("admin:oauth_mcp_event_activity")}?tool=echo">Activity</a>'
    assert link in text_of(admin_client.get(page_of(echo)))
    assert "Activity" not in text_of(staff_with("view_policy").get(page_of(echo)))


def test_groups_of_a_tool_are_check_boxes(admin_client: Browser, echo: Policy) -> None:
    finance = Group.objects.create(name="Finance")
    assert f'<input type="checkbox" name="groups" value="{finance.pk}"' in text_of(admin_client.get(page_of(echo)))
    admin_client.post(page_of(echo), {"enabled": "on", "groups": [finance.pk]})
    assert list(echo.groups.all()) == [finance]


@pytest.mark.parametrize("field", ["groups", "clients"])
@pytest.mark.parametrize("value", ["abc", "1 OR 1=1", "\x00", "-1", "1.5"])
def test_group_or_client_that_is_no_key_is_an_error_in_the_form(
    admin_client: Browser, echo: Policy, field: str, value: str
) -> None:
    page = text_of(admin_client.post(page_of(echo), {"enabled": "on", field: [value]}))
    assert "errorlist" in page


@pytest.mark.parametrize("field", ["groups", "clients"])
def test_key_that_no_row_can_have_is_refused(admin_client: Browser, echo: Policy, field: str) -> None:
    assert admin_client.post(page_of(echo), {"enabled": "on", field: ["9" * 30]}).status_code in (200, 400)


def test_empty_name_of_a_field_to_look_up_by_is_ignored(admin_client: Browser, echo: Policy) -> None:
    assert admin_client.get(page_of(echo), {"_to_field": ""}).status_code == 200


def test_filter_by_groups_names_the_tools_without_one(admin_client: Browser, echo: Policy) -> None:
    echo.groups.add(Group.objects.create(name="Finance"))
    assert "no group" in text_of(admin_client.get(LIST))
