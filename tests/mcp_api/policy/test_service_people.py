"""A rule can be for people alone, or for service people alone, which are machines."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mcp_api import Context, tool
from mcp_api.models import Policy
from tests.mcp_api.conftest import Caller, make_caller, result_of, verbs_of
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry", "look")]


@pytest.fixture
def look(isolated_registry: None) -> None:
    @tool(read_only=True)
    def look(context: Context) -> dict[str, Any]:
        """Look."""
        return {"service": context.user.is_service, "principal": context.principal.is_service}


@pytest.fixture
def machine() -> Caller:
    caller = make_caller()
    User.objects.filter(pk=caller.person.pk).update(is_service=True)
    return caller


def set_rule(audience: str, **fields: Any) -> Policy:
    return Policy.objects.create(kind="tool", name="look", audience=audience, **fields)


def may_use(caller: Caller) -> bool:
    """Whether the tool is listed for the caller; a call must be answered alike."""
    listed = "look" in [tool["name"] for tool in result_of(caller.modern("tools/list"))["tools"]]
    status = caller.modern("tools/call", {"name": "look", "arguments": {}}).status_code
    assert status == (200 if listed else 400)
    return listed


@pytest.mark.parametrize(("audience", "person", "service"), [("", 1, 1), ("people", 1, 0), ("service", 0, 1)])
def test_rule_is_for_people_for_service_people_or_for_both(
    caller: Caller, audience: str, person: int, service: int
) -> None:
    set_rule(audience)
    assert may_use(caller) == bool(person)
    User.objects.filter(pk=caller.person.pk).update(is_service=True)
    assert may_use(caller) == bool(service)


def test_change_of_the_rule_applies_to_the_next_request(machine: Caller) -> None:
    rule = set_rule("")
    assert may_use(machine)
    rule.audience = Policy.Audience.PEOPLE
    rule.save()
    assert not may_use(machine)


def test_service_person_must_be_in_an_allowed_group_too(machine: Caller) -> None:
    group = Group.objects.create(name="Reports")
    set_rule("service").groups.add(group)
    assert not may_use(machine)
    machine.person.groups.add(group)
    assert may_use(machine)


def test_rule_costs_no_query_more(machine: Caller) -> None:
    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            machine.call("look")
        return verbs_of(queries)

    set_rule("")
    machine.call("look")
    before = statements()
    Policy.objects.update(audience="service")
    assert statements() == before


def test_tools_and_clients_can_tell_a_service_person(caller: Caller) -> None:
    told = {"service": False, "principal": False}
    assert caller.call("look")["structuredContent"] == told
    User.objects.filter(pk=caller.person.pk).update(is_service=True)
    assert caller.call("look")["structuredContent"] == {"service": True, "principal": True}
    assert caller.call("get_user_info")["structuredContent"]["service"] is True


def test_operator_chooses_it_and_sees_it_in_the_list(admin_client: Browser, machine: Caller) -> None:
    rule = set_rule("")
    page = reverse("admin:mcp_api_policy_change", args=[rule.pk])
    assert admin_client.post(page, {"enabled": "on", "audience": "people"}).status_code == 302
    assert not may_use(machine)
    listing = reverse("admin:mcp_api_policy_changelist")
    assert ">people only<" in admin_client.get(f"{listing}?audience=people").text
    assert "look" not in admin_client.get(f"{listing}?audience=everyone&q=look").context["cl"].result_list.values_list(
        "name", flat=True
    )
    assert admin_client.get(f"{listing}?audience=robots").context["cl"].result_count == 0
    assert "Select a valid choice" in admin_client.post(page, {"enabled": "on", "audience": "robots"}).text


def test_unknown_audience_is_refused() -> None:
    with pytest.raises(ValidationError, match="is not a valid choice"):
        Policy(kind="tool", name="look", audience="robots").full_clean()


def shown(admin_client: Browser, rule: Policy) -> str:
    page: str = admin_client.get(reverse("admin:mcp_api_policy_change", args=[rule.pk])).text
    return page.partition("field-service_people")[2].partition("field-clients")[0]


def test_page_lists_the_service_people_that_may_use_it_with_their_mark(admin_client: Browser) -> None:
    group, rule = Group.objects.create(name="Reports"), set_rule("")
    report, crawler = make_user("report-bot", is_service=True), make_user("crawler", is_service=True)
    make_user("gone-bot", is_service=True, is_active=False)
    assert "report-bot" in shown(admin_client, rule)
    assert "crawler" in shown(admin_client, rule)
    assert "gone-bot" not in shown(admin_client, rule)
    assert ">service<" in shown(admin_client, rule)
    rule.groups.add(group)
    report.groups.add(group)
    assert "crawler" not in shown(admin_client, rule)
    assert reverse("admin:oauth_mcp_user_change", args=[report.pk]) in shown(admin_client, rule)
    Policy.objects.update(audience="people")
    assert ">none<" in shown(admin_client, rule)
    assert crawler.is_service


def test_page_lists_only_service_people_with_the_permissions_of_the_tool(admin_client: Browser) -> None:
    tool(name="lend", permission="oauth_mcp.view_user", read_only=True)(lambda: None)
    rule = Policy.objects.create(kind="tool", name="lend")
    able = make_user("able-bot", is_service=True)
    make_user("other-bot", is_service=True)
    able.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert "able-bot" in shown(admin_client, rule)
    assert "other-bot" not in shown(admin_client, rule)


def test_page_of_a_rule_lists_a_bounded_number(admin_client: Browser) -> None:
    for number in range(22):
        make_user(f"bot-{number:02}", is_service=True)
    rule = set_rule("service")
    assert "bot-19" in shown(admin_client, rule)
    assert "bot-20" not in shown(admin_client, rule)
    assert "and others" in shown(admin_client, rule)
