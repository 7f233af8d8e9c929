"""Admin's list of events: search, filters, and acts on an event's client and access."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.diagnosis.references import reference_detail
from accounts.models import AccessToken, Client, Event, User
from tests.support.admin.pages import confirmed
from tests.support.events import LIST, add, changes, shown
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db


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


def test_search_finds_the_clients_at_a_host(admin_client: Browser) -> None:
    client = make_client(redirect_uris="http://localhost/cb https://claude-ai.evil-login.example:8443/callback?to=page")
    found = add(client_id=client.client_id)
    for term in ("evil-login", "EVIL-LOGIN.example", "claude-ai.evil-login.example:8443"):
        assert shown(admin_client, q=term) == {found.pk}, term
    for term in ("evil-login.", "evil.login", "callback", "page", "evil (login", "[", "\\", "//"):
        assert shown(admin_client, q=term) == ({found.pk} if term == "evil-login." else set()), term


def test_reference_that_the_model_was_told_finds_the_failed_call(admin_client: Browser) -> None:
    failed = add(outcome="failed", reason="defect", detail=reference_detail("1a2b3c4d"), action="tools/call lend_book")
    add(outcome="failed", reason="defect", detail=reference_detail("ffffffff"))
    person = make_user("cafecafe")
    named = add(user_id=person.pk, username=person.username)
    assert shown(admin_client, q="1a2b3c4d") == {failed.pk}
    assert shown(admin_client, q="cafecafe") == {named.pk}
    page = admin_client.get(reverse("admin:oauth_mcp_event_change", args=(failed.pk,))).text
    assert "Reference 1a2b3c4d in the server" in page
    assert "Search the server’s log for the reference" in page


def test_audit_of_a_person_has_what_operators_did_to_them(admin_client: Browser) -> None:
    tom, tomas = make_user("tom.leaver"), make_user("tom.leaver2")
    for person in (tom, tomas):
        page = reverse("admin:oauth_mcp_user_act", args=(person.pk, "end_access"))
        confirmed(admin_client, page, {"what": "suspend"})
    acts = {event.detail.partition(":")[0]: event.pk for event in Event.objects.filter(kind="admin")}
    assert shown(admin_client, q="tom.leaver2") == shown(admin_client, person=tomas.pk) == {acts["tom.leaver2"]}
    assert shown(admin_client, person=tom.pk) == {acts["tom.leaver"]}
    assert shown(admin_client, q="tom.leaver") == set(acts.values())
    own = add(user_id=tom.pk, username="tom.leaver")
    assert shown(admin_client, person=tom.pk) == {own.pk, acts["tom.leaver"]}


def test_list_is_narrowed_to_a_person_a_client_and_a_tool(admin_client: Browser) -> None:
    person, client = make_user(), make_client()
    one = add(user_id=person.pk, client_id=client.client_id, action="tools/call lend_book")
    add()
    assert shown(admin_client, person=person.pk) == {one.pk}
    assert shown(admin_client, client=client.client_id) == {one.pk}
    assert shown(admin_client, tool="lend_book") == {one.pk}
    assert shown(admin_client, tool="no such tool") == set()


def test_list_is_counted_up_to_a_limit(admin_client: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr("accounts.admin_base.paging.MOST_COUNTED", 3)
    for _ in range(6):
        add()
    assert admin_client.get(LIST).context["cl"].result_count == 4


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
    confirmed(admin_client, reverse("admin:oauth_mcp_event_act", args=[event.pk, "stop_client"]))
    assert Client.objects.get(client_id=event.client_id).suspended_at is not None
    assert ("admin", "changed client", "Nosy: Suspended at localhost:8080 (1 person, 2 tokens).") in changes()


def test_one_click_in_the_list_ends_its_access_and_comes_back_to_the_list(
    admin_client: Browser, event: Event, token: AccessToken
) -> None:
    act = reverse("admin:oauth_mcp_event_act", args=[event.pk, "revoke_access"])
    shown_as = {"tool": "echo"}
    page = admin_client.get(LIST, shown_as).content.decode()
    assert f'formaction="{act}"' in page
    [back] = re.findall(r'name="back" value="([^"]+)"', page)
    response = confirmed(admin_client, act, {"back": back})
    assert response.redirect_chain == [(f"{LIST}?tool=echo", 302)]
    token.authorization.refresh_from_db()
    assert token.authorization.revoked_at is not None
    page = admin_client.get(LIST, shown_as).content.decode()
    assert act not in page
    # Its client is still there to be suspended.
    assert reverse("admin:oauth_mcp_event_act", args=[event.pk, "stop_client"]) in page


def test_person_and_client_are_a_click_away_in_the_list(admin_client: Browser, event: Event) -> None:
    page = admin_client.get(LIST).content.decode()
    assert reverse("admin:oauth_mcp_user_change", args=[event.user_id]) in page
    assert reverse("admin:oauth_mcp_client_change", args=[Client.objects.get().pk]) in page


def test_button_does_not_redirect_to_another_site(admin_client: Browser, event: Event) -> None:
    act = reverse("admin:oauth_mcp_event_act", args=[event.pk, "revoke_access"])
    response = confirmed(admin_client, act, {"back": "https://evil.example.com"})
    assert response.redirect_chain[0][0].startswith(LIST)


def test_row_that_was_refused_shows_the_reason_and_what_to_do(admin_client: Browser) -> None:
    refused = add(outcome="refused", reason="mismatching_redirect_uri")
    page = admin_client.get(reverse("admin:oauth_mcp_event_change", args=[refused.pk])).content.decode()
    assert "The redirect URI must be exactly one that the client registered" in page
    assert "What to do:" in page


def test_its_person_and_client_are_a_click_away(admin_client: Browser, event: Event) -> None:
    page = admin_client.get(reverse("admin:oauth_mcp_event_change", args=[event.pk])).content.decode()
    assert reverse("admin:oauth_mcp_user_change", args=[event.user_id]) in page
    assert reverse("admin:oauth_mcp_client_change", args=[Client.objects.get().pk]) in page
    User.objects.filter(username="ada").delete()
    assert admin_client.get(reverse("admin:oauth_mcp_event_change", args=[event.pk])).status_code == 200


def test_only_permission_to_change_clients_suspends_one(event: Event) -> None:
    from django.contrib.auth.models import Permission

    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_event"))
    browser = Browser()
    browser.force_login(viewer)
    assert "Suspend its client" not in browser.get(reverse("admin:oauth_mcp_event_change", args=[event.pk])).text
    assert "formaction" not in browser.get(LIST).text
    assert browser.post(reverse("admin:oauth_mcp_event_act", args=[event.pk, "stop_client"])).status_code == 403
