"""Admin's front page and sidebar are ordered by what an operator does."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from config.admin_sections import SECTIONS, arrange
from tests.support.admin.pages import admin_url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.django_db


def sections_of(browser: Browser) -> dict[str, list[str]]:
    listed = browser.get(admin_url("index")).context["app_list"]
    return {section["name"]: [model["name"] for model in section["models"]] for section in listed}


def test_sections_come_in_the_order_of_tasks_with_tokens_last(admin_client: Browser) -> None:
    shown = sections_of(admin_client)
    own = [name for name in shown if name not in SECTIONS]
    assert [name for name in shown if name in SECTIONS] == ["Apps", "People", "Tools", "Audit", "Advanced"]
    assert [*shown][-1] == "Advanced"
    assert [*shown][4:-1] == own
    assert shown["Apps"] == [
        *("Clients", "Service access", "Consents", "Protected resources", "Trusted issuers", "Blocked domains"),
    ]
    assert shown["Audit"] == ["Events", "Attempts to connect"]
    assert "Second factors" in shown["People"]


def test_no_model_of_the_server_is_left_outside_the_sections(admin_client: Browser) -> None:
    assert not {"oauth_mcp", "mcp_api", "account", "mfa", "socialaccount", "auth"} & {
        section["app_label"] for section in admin_client.get(admin_url("index")).context["app_list"]
    }


def test_staff_see_only_the_sections_of_what_they_may_view() -> None:
    assert sections_of(staff_with("view_event")) == {"Audit": ["Events", "Attempts to connect"]}
    assert sections_of(staff_with("view_client")) == {"Apps": ["Clients"]}
    assert sections_of(staff_with("view_group")) == {"People": ["Groups"]}
    assert sections_of(staff_with("view_user")) == {"People": ["Users", "Support"]}
    assert sections_of(staff_with()) == {}


def test_each_list_says_what_it_is_for(admin_client: Browser) -> None:
    page = admin_client.get(admin_url("index")).content.decode()
    assert all(str(entry.purpose) in page for entries in SECTIONS.values() for entry in entries)


def test_page_of_an_app_has_its_lists_by_section_with_support_and_attempts(admin_client: Browser) -> None:
    page = admin_client.get(admin_url("app_list", "oauth_mcp")).content.decode()
    assert "<h1>Apps, people and audit</h1>" in page
    for view in ("client_changelist", "user_support", "event_attempts"):
        assert admin_url(f"oauth_mcp_{view}") in page


def test_front_page_has_each_of_its_parts_once(admin_client: Browser) -> None:
    page = admin_client.get(admin_url("index")).content.decode()
    parts = ("Times in UTC", "Calls in the last 14 days", 'id="language"')
    assert {part: page.count(part) for part in parts if page.count(part) > 1} == {}


def test_page_of_an_unknown_app_is_not_found(admin_client: Browser) -> None:
    assert admin_client.get(f"{admin_url('index')}unknown/").status_code == 404


@pytest.mark.parametrize(
    ("view", "name"),
    [
        ("user_support", "Support"),
        ("user_changelist", "Users"),
        ("event_attempts", "Attempts to connect"),
        ("event_changelist", "Events"),
    ],
)
def test_one_row_of_the_sidebar_is_the_current_one(admin_client: Browser, view: str, name: str) -> None:
    page = admin_client.get(admin_url(f"oauth_mcp_{view}")).content.decode()
    assert re.findall(r'aria-current="page">([^<]+)<', page) == [name]


def test_arranging_does_not_change_the_list_of_django() -> None:
    apps: list[dict[str, Any]] = [{"name": "Own", "app_label": "own", "models": []}]
    assert arrange(apps) == []
    assert apps == [{"name": "Own", "app_label": "own", "models": []}]


def crumbs_of(page: str) -> list[str]:
    [crumbs] = re.findall(r'<div class="breadcrumbs">(.*?)</div>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", crumbs)).strip().split(" &rsaquo; ")


def test_breadcrumbs_name_the_section_and_the_list_of_the_sidebar(admin_client: Browser) -> None:
    client = make_client(name="Calendar")
    pages = {
        admin_url("oauth_mcp_client_changelist"): [],
        admin_url("oauth_mcp_client_add"): ["Add"],
        admin_url("oauth_mcp_client_change", client.pk): [str(client)],
        admin_url("oauth_mcp_client_delete", client.pk): [str(client), "Delete"],
        admin_url("oauth_mcp_client_history", client.pk): [str(client), "History"],
        admin_url("oauth_mcp_client_lookalikes"): ["Repeated registrations"],
    }
    for address, rest in pages.items():
        page = admin_client.get(address).text
        assert crumbs_of(page) == ["Home", "Apps", "Clients", *rest], address
        assert f'href="{admin_url("index")}#section-apps"' in page
    stop = admin_client.post(admin_url("oauth_mcp_client_act", client.pk, "stop")).text
    assert crumbs_of(stop) == ["Home", "Apps", "Clients", "Confirm"]
    assert 'id="section-apps"' in admin_client.get(admin_url("index")).text


@pytest.mark.parametrize(
    ("view", "crumbs"),
    [
        ("oauth_mcp_user_support", ["People", "Support"]),
        ("oauth_mcp_event_attempts", ["Audit", "Attempts to connect"]),
        ("mfa_authenticator_changelist", ["People", "Second factors"]),
        ("oauth_mcp_grant_changelist", ["Advanced", "Authorization codes"]),
        ("mcp_api_policy_changelist", ["Tools", "Tools, resources, prompts and skills"]),
    ],
)
def test_breadcrumbs_end_with_the_name_of_the_page(admin_client: Browser, view: str, crumbs: list[str]) -> None:
    assert crumbs_of(admin_client.get(admin_url(view)).text) == ["Home", *crumbs]


def test_breadcrumbs_of_the_page_for_a_password_lead_back_to_the_person(admin_client: Browser) -> None:
    person = make_user("ada")
    page = admin_client.get(admin_url("auth_user_password_change", person.pk)).text
    assert crumbs_of(page) == ["Home", "People", "Users", "ada", "Password"]
