"""Changes in admin, each of which is recorded in the audit log."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.admin_base.audited import AuditedMixin
from accounts.models import Client, Event
from config.http.admin_site import AdminSite
from mcp_api.models import Policy
from tests.library.models import Book
from tests.support.admin.pages import confirmed
from tests.support.events import changes
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.django_db


def test_every_page_is_audited() -> None:
    assert [model for model, page in admin.site._registry.items() if not isinstance(page, AuditedMixin)] == []


def test_page_that_an_app_of_ones_own_registers_is_audited(admin_client: Browser) -> None:
    class Plain(admin.ModelAdmin):
        list_display = ("title",)

    site = AdminSite()
    site.register(Book, Plain, search_fields=("title",))
    page = site.get_model_admin(Book)
    assert isinstance(page, AuditedMixin)
    assert isinstance(page, Plain)
    assert (page.list_display, page.search_fields) == (("title",), ("title",))


def test_adding_changing_and_deleting_are_recorded(admin_client: Browser) -> None:
    admin_client.post(reverse("admin:auth_group_add"), {"name": "Staff"}, REMOTE_ADDR="192.0.2.7")
    group = Group.objects.get(name="Staff")
    admin_client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "Crew"})
    admin_client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert changes() == [
        ("admin", "added group", "Staff: Added."),
        ("admin", "changed group", "Crew: Changed Name."),
        ("admin", "deleted group", "Crew"),
    ]
    assert Event.objects.filter(kind="admin").earliest("pk").address == "192.0.2.7"


def test_what_is_done_to_many_is_recorded_for_each(admin_client: Browser) -> None:
    clients = [make_client(name=name) for name in ("One", "Two")]
    chosen = [client.pk for client in clients]
    page = reverse("admin:oauth_mcp_client_changelist")
    confirmed(admin_client, page, {"action": "stop", "_selected_action": chosen})
    assert {detail for _, _, detail in changes()} == {
        f"{name}: Suspended at localhost:8080 (0 people, 0 tokens)." for name in ("One", "Two")
    }
    assert set(Event.objects.filter(kind="admin").values_list("client_id", flat=True)) == {c.client_id for c in clients}
    admin_client.post(page, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Client.objects.exists()
    assert {detail for _, action, detail in changes() if action == "deleted client"} == {"One", "Two"}


def test_password_change_by_an_operator_is_recorded_without_the_password(admin_client: Browser) -> None:
    person = make_user("ada")
    form = {"password1": "a-long-new-secret", "password2": "a-long-new-secret", "usable_password": "true"}
    admin_client.post(reverse("admin:auth_user_password_change", args=[person.pk]), form)
    assert ("admin", "changed user", "ada: Changed password.") in changes()
    assert "a-long-new-secret" not in str(list(Event.objects.values()))


def test_decision_about_a_tool_is_recorded(admin_client: Browser) -> None:
    policy = Policy.objects.create(kind="tool", name="echo")
    admin_client.post(reverse("admin:mcp_api_policy_change", args=[policy.pk]), {"calls_per_minute": "5"})
    [(_, action, detail)] = changes()
    assert action == "changed policy"
    assert "tool echo: Changed" in detail


def test_history_and_events_are_in_english_whatever_the_operator_reads(
    admin_client: Browser, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "de"
    group = Group.objects.create(name="Staff")
    page = admin_client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "Crew"}, follow=True)
    assert "erfolgreich" in page.text
    assert changes() == [("admin", "changed group", "Crew: Changed Name.")]
