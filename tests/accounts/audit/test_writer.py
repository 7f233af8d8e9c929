"""The trail: whatever is changed in admin is in it, and it is found, exported and acted on from there."""

import csv
import io
import json
import re
import time
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse

from accounts.admin_base.audited import AuditedMixin
from accounts.admin_base.export import escape_formulas
from accounts.models import AccessToken, Client, Event, User
from config.http.admin_site import AdminSite
from mcp_api.models import Policy
from tests.library.models import Book
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:accounts_event_changelist")


def changes() -> list[tuple[str, str, str]]:
    """Return person, action and row of each change in admin."""
    found = Event.objects.filter(kind="admin").order_by("pk")
    return [(event.username, event.action, event.detail) for event in found]


def add(**fields: Any) -> Event:
    return Event.objects.create(**{"kind": "mcp", "outcome": "ok", "action": "tools/call echo", **fields})


def shown(browser: Browser, **query: Any) -> set[int]:
    return {row.pk for row in browser.get(LIST, query).context["cl"].result_list}


# --- What is changed in admin --------------------------------------------------------------------


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
    group = Group.objects.get()
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
    page = reverse("admin:accounts_client_changelist")
    admin_client.post(page, {"action": "suspend", "_selected_action": chosen})
    assert {detail for _, _, detail in changes()} == {"One: Suspended.", "Two: Suspended."}
    assert set(Event.objects.filter(kind="admin").values_list("client_id", flat=True)) == {c.client_id for c in clients}
    admin_client.post(page, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Client.objects.exists()
    assert {detail for _, action, detail in changes() if action == "deleted client"} == {"One", "Two"}


def test_password_that_an_operator_sets_is_recorded_without_it(admin_client: Browser) -> None:
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


# --- What is found -------------------------------------------------------------------------------


def test_search_finds_people_clients_tools_reasons_and_addresses(admin_client: Browser) -> None:
    person, client = make_user("ada.lovelace"), make_client(name="Claude Code")
    by_person = add(user_id=person.pk, username=person.username)
    by_client = add(client_id=client.client_id, client_name=client.name)
    by_tool = add(action="tools/call lend_book")
    by_reason = add(reason="unknown_token", address="192.0.2.9")
    by_request = add(request_id="0199b5f1c2d3")
    gone = add(username="gone", client_name="Removed app", client_id="removed")
    for term, found in (
        ("lovelace", by_person),
        ("claude", by_client),
        (client.client_id, by_client),
        ("lend_book", by_tool),
        ("unknown_token", by_reason),
        ("192.0.2.9", by_reason),
        ("0199b5f1c2d3", by_request),
        ("gone", gone),
        ("Removed app", gone),
        ("removed", gone),
    ):
        assert shown(admin_client, q=term) == {found.pk}, term
    assert shown(admin_client, q="nothing like it") == set()


def test_list_is_narrowed_to_a_person_a_client_and_a_tool(admin_client: Browser) -> None:
    person, client = make_user(), make_client()
    one = add(user_id=person.pk, client_id=client.client_id, action="tools/call lend_book")
    add()
    assert shown(admin_client, person=person.pk) == {one.pk}
    assert shown(admin_client, client=client.client_id) == {one.pk}
    assert shown(admin_client, tool="lend_book") == {one.pk}
    assert shown(admin_client, tool="no such tool") == set()


def test_list_is_counted_no_further_than_anybody_would_leaf(admin_client: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr("accounts.admin_base.paging.MOST_COUNTED", 3)
    for _ in range(6):
        add()
    assert admin_client.get(LIST).context["cl"].result_count == 4


# --- What is exported ----------------------------------------------------------------------------


def exported(browser: Browser, suffix: str, **query: Any) -> str:
    response: Any = browser.get(reverse("admin:accounts_event_export", args=[suffix]), query)
    assert response.status_code == 200
    assert f".{suffix}" in response["Content-Disposition"]
    return b"".join(response.streaming_content).decode()


def test_csv_holds_what_the_list_shows_and_no_formula(admin_client: Browser) -> None:
    add(client_name='=HYPERLINK("https://evil.example.com")', arguments='{"text": "a,\\n\\"b\\""}', outcome="failed")
    add(outcome="ok")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", outcome__exact="failed")))
    assert row["client_name"] == '\'=HYPERLINK("https://evil.example.com")'
    assert json.loads(row["arguments"]) == {"text": 'a,\n"b"'}
    assert row["at"].endswith("+00:00")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_the_csv_begins_a_formula(admin_client: Browser, start: str) -> None:
    add(client_name=f"{start}1+1", agent=f"{start}1+1", detail=f"{start}1+1")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp"), newline=""))
    # A tab or a line may be where another program begins a cell.
    shown = f"'{start}1+1" if len(start) == 1 else f"'{start[0]}'{start[1]}1+1"
    assert {row["client_name"], row["agent"], row["detail"]} == {shown}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\u2212", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "\n", "\r\n", "; ", ';"', "|", "\t\t", ";;"])
def test_no_cell_of_the_csv_begins_a_formula_behind_another_separator(
    admin_client: Browser, separator: str, sign: str
) -> None:
    """A spreadsheet of another language separates cells at semicolons."""
    add(agent=f"x{separator}{sign}HYPERLINK(1){separator}{sign}SUM(1)")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp"), newline=""))
    cells = re.split(r"[;,|\t\r\n]", row["agent"])
    assert not [cell for cell in cells if cell.strip(' "').startswith(sign)]
    assert row["agent"].replace("'", "") == f"x{separator}{sign}HYPERLINK(1){separator}{sign}SUM(1)"


@pytest.mark.parametrize("piece", [";", "\t", "; ", ' "', "=", ";=", "\n "])
def test_the_largest_cell_is_made_harmless_at_once(piece: str) -> None:
    started = time.perf_counter()
    escape_formulas(piece * 50_000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11; Linux) Gecko/1", "a=b; c=d", "x, y-z", "it's", "2026-01-01; ok"])
def test_what_is_no_formula_is_exported_as_it_is(admin_client: Browser, agent: str) -> None:
    add(agent=agent)
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp")))
    assert row["agent"] == agent


def test_json_lines_hold_a_row_each(admin_client: Browser) -> None:
    events = [add(username="Zoë"), add(duration_ms=7)]
    rows = [json.loads(line) for line in exported(admin_client, "jsonl", kind__exact="mcp").splitlines()]
    assert [row["id"] for row in rows] == [event.pk for event in reversed(events)]
    assert (rows[1]["username"], rows[0]["duration_ms"]) == ("Zoë", 7)


@pytest.mark.parametrize("query", [{}, {"q": "echo"}, {"tool": "echo"}, {"p": "2"}])
def test_export_follows_the_lists_own_address(admin_client: Browser, query: dict[str, str]) -> None:
    add()
    page = admin_client.get(LIST, query).content.decode()
    assert reverse("admin:accounts_event_export", args=["csv"]) in page
    assert len(exported(admin_client, "jsonl", **query).splitlines()) >= 1


def test_what_is_no_format_is_not_found(admin_client: Browser) -> None:
    assert admin_client.get(reverse("admin:accounts_event_export", args=["xls"])).status_code == 404


def test_only_who_may_see_the_trail_exports_it() -> None:
    browser = Browser()
    browser.force_login(make_user("viewer", is_staff=True))
    assert browser.get(reverse("admin:accounts_event_export", args=["csv"])).status_code == 403


# --- What is done from a row ---------------------------------------------------------------------


@pytest.fixture
def token(db: None) -> AccessToken:
    return make_tokens(make_authorization(make_user("ada"), make_client(name="Nosy")))[0]


@pytest.fixture
def event(token: AccessToken) -> Event:
    client = token.authorization.consent.client
    return add(
        client_id=client.client_id,
        user_id=User.objects.get(username="ada").pk,
        authorization_id=token.authorization_id,
        token_id=token.pk,
    )


def test_its_client_is_suspended(admin_client: Browser, event: Event) -> None:
    admin_client.post(reverse("admin:accounts_event_act", args=[event.pk, "suspend_client"]))
    assert Client.objects.get(client_id=event.client_id).suspended_at is not None
    assert ("admin", "changed client", "Nosy: Suspended.") in changes()


def test_one_click_in_the_list_ends_its_access_and_comes_back_to_the_list(
    admin_client: Browser, event: Event, token: AccessToken
) -> None:
    act = reverse("admin:accounts_event_act", args=[event.pk, "revoke_access"])
    shown_as = {"tool": "echo"}
    page = admin_client.get(LIST, shown_as).content.decode()
    assert f'formaction="{act}"' in page
    [back] = re.findall(r'name="back" value="([^"]+)"', page)
    response = admin_client.post(act, {"back": back})
    assert response["Location"] == f"{LIST}?tool=echo"
    token.authorization.refresh_from_db()
    assert token.authorization.revoked_at is not None
    page = admin_client.get(LIST, shown_as).content.decode()
    assert act not in page
    # Its client is still there to be suspended.
    assert reverse("admin:accounts_event_act", args=[event.pk, "suspend_client"]) in page


def test_person_and_client_are_a_click_away_in_the_list(admin_client: Browser, event: Event) -> None:
    page = admin_client.get(LIST).content.decode()
    assert reverse("admin:accounts_user_change", args=[event.user_id]) in page
    assert reverse("admin:accounts_client_change", args=[Client.objects.get().pk]) in page


def test_button_sends_nobody_elsewhere(admin_client: Browser, event: Event) -> None:
    act = reverse("admin:accounts_event_act", args=[event.pk, "revoke_access"])
    response = admin_client.post(act, {"back": "https://evil.example.com"})
    assert response["Location"].startswith(LIST)


def test_row_that_was_refused_says_why_and_what_to_do(admin_client: Browser) -> None:
    refused = add(outcome="refused", reason="mismatching_redirect_uri")
    page = admin_client.get(reverse("admin:accounts_event_change", args=[refused.pk])).content.decode()
    assert "The redirect URI must be exactly one that the client registered" in page
    assert "What to do:" in page


def test_its_person_and_client_are_a_click_away(admin_client: Browser, event: Event) -> None:
    page = admin_client.get(reverse("admin:accounts_event_change", args=[event.pk])).content.decode()
    assert reverse("admin:accounts_user_change", args=[event.user_id]) in page
    assert reverse("admin:accounts_client_change", args=[Client.objects.get().pk]) in page
    User.objects.filter(username="ada").delete()
    assert admin_client.get(reverse("admin:accounts_event_change", args=[event.pk])).status_code == 200


def test_only_who_may_change_clients_suspends_one(event: Event) -> None:
    from django.contrib.auth.models import Permission

    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_event"))
    browser = Browser()
    browser.force_login(viewer)
    assert "Suspend its client" not in browser.get(reverse("admin:accounts_event_change", args=[event.pk])).text
    assert "formaction" not in browser.get(LIST).text
    assert browser.post(reverse("admin:accounts_event_act", args=[event.pk, "suspend_client"])).status_code == 403
