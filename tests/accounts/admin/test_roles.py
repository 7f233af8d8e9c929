"""Roles for staff: what each may open and do, by the links of its pages, and that none leads to more rights."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS
from django.test import Client as Browser

from accounts import roles
from accounts.models import Event, User
from tests.support.admin.acts import ACTS, SUPERUSER
from tests.support.admin.crawl import crawl
from tests.support.admin.pages import admin_url
from tests.support.admin.staff import browser_of, staff_with
from tests.support.admin.state import Rows, state
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

TASKS = {"mcp_api.view_task", "mcp_api.change_task"}
SEES_RESOURCES = {"oauth_mcp.view_protectedresource", "oauth_mcp.view_allowedexchange"}
MANAGES_RESOURCES = {
    *("oauth_mcp.add_protectedresource", "oauth_mcp.change_protectedresource", "oauth_mcp.delete_protectedresource"),
    *("oauth_mcp.view_protectedresource", "oauth_mcp.view_signingkey"),
    *(f"oauth_mcp.{verb}_allowedexchange" for verb in ("view", "add", "change", "delete")),
}
SERVICE_ACCESS = {f"oauth_mcp.{verb}_serviceaccess" for verb in ("view", "add", "change", "delete")}
POLICY = {
    "mcp_api.view_toolset",
    "mcp_api.add_toolset",
    "mcp_api.change_toolset",
    "mcp_api.delete_toolset",
    "mcp_api.view_policy",
    "mcp_api.change_policy",
    "mcp_api.delete_policy",
}


def member_of(role: str) -> Browser:
    member = make_user(is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return browser_of(User.objects.get(pk=member.pk))


def permissions_of(role: str) -> set[str]:
    held = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {".".join(each) for each in held}


def refused_in(statuses: dict[str, int]) -> list[tuple[str, int]]:
    return [(address, status) for address, status in statuses.items() if status != 200]


@pytest.mark.parametrize("role", roles.ROLES)
def test_migrations_create_the_group_of_a_role_with_its_permissions(role: str) -> None:
    further = {
        roles.OPERATOR: POLICY | TASKS | MANAGES_RESOURCES | SERVICE_ACCESS,
        roles.HELPDESK: TASKS | SEES_RESOURCES,
    }
    assert permissions_of(role) == roles.ROLES[role] | further.get(role, set())


def test_group_that_has_the_name_of_a_role_already_gains_nothing() -> None:
    Group.objects.all().delete()
    Group.objects.create(name=roles.OPERATOR)
    roles.create(apps, DEFAULT_DB_ALIAS)
    roles.extend(apps, DEFAULT_DB_ALIAS, roles.OPERATOR, POLICY)
    assert permissions_of(roles.OPERATOR) == set()
    assert permissions_of(roles.AUDITOR) == roles.ROLES[roles.AUDITOR]


def test_group_that_was_deleted_is_not_extended() -> None:
    Group.objects.all().delete()
    roles.extend(apps, DEFAULT_DB_ALIAS, roles.OPERATOR, POLICY)
    assert not Group.objects.exists()


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_link_that_a_role_sees_can_be_opened(role: str) -> None:
    rows = Rows()
    Event.objects.update(user_id=rows.person.pk, username=rows.person.username)
    assert refused_in(crawl(member_of(role))) == []


@pytest.mark.parametrize(
    "model",
    [
        *("event", "client", "user", "consent", "authorization", "accesstoken", "refreshtoken", "grant"),
        *("blockeddomain", "serviceaccess", "policy", "group", "emailaddress", "authenticator", "socialaccount"),
        *("protectedresource", "signingkey"),
    ],
)
@pytest.mark.parametrize("verb", ["view", "change"])
def test_every_link_can_be_opened_by_staff_who_may_view_one_kind_of_row(verb: str, model: str) -> None:
    rows = Rows()
    Event.objects.update(user_id=rows.person.pk, username=rows.person.username)
    statuses = crawl(staff_with(f"{verb}_{model}"))
    assert len(statuses) > 2
    assert refused_in(statuses) == []


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("role", roles.ROLES)
def test_role_can_do_what_its_permissions_say_and_nothing_else(role: str, name: str) -> None:
    rows, (act, needed) = Rows(), ACTS[name]
    held = {permission.partition(".")[2] for permission in permissions_of(role)}
    allowed = needed != SUPERUSER and set(needed) <= held
    browser, before = member_of(role), state()
    assert act(browser, rows).status_code in (200, 302, 403)
    assert (state() != before) == allowed


def test_auditor_opens_the_audit_log_and_no_other_list() -> None:
    Rows()
    lists = {address for address in crawl(member_of(roles.AUDITOR)) if "?" not in address}
    below = {address.removeprefix(admin_url("oauth_mcp_event_changelist")) for address in lists}
    assert {"", "attempts/", "export.csv", "export.jsonl"} <= below
    elsewhere = lists - {admin_url("index"), admin_url("app_list", "oauth_mcp"), admin_url("password_change")}
    assert all(address.startswith(admin_url("oauth_mcp_event_changelist")) for address in elsewhere)


def test_helpdesk_sees_no_policy() -> None:
    assert member_of(roles.HELPDESK).get(admin_url("mcp_api_policy_changelist")).status_code == 403


def test_export_is_an_event_that_names_the_person_and_the_filters() -> None:
    Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo")
    browser = member_of(roles.AUDITOR)
    response = browser.get(admin_url("oauth_mcp_event_export", "jsonl"), {"tool": "echo", "q": ""})
    exported = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    recorded = Event.objects.get(action="exported events as jsonl")
    assert recorded.user_id == User.objects.get(groups__name=roles.AUDITOR).pk
    assert (recorded.kind, recorded.detail) == ("admin", "Filters: tool=echo.")
    assert len(exported.splitlines()) == 1


def test_file_of_an_export_ends_before_its_own_event() -> None:
    Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo")
    response = member_of(roles.AUDITOR).get(admin_url("oauth_mcp_event_export", "csv"))
    assert "exported events" not in b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
