"""The identity of an app: its hosts, who vouches for them, and a known app of the same name."""

import secrets
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin_base.app_chips import render_chip
from accounts.clients.identity.apps import MOST_PLACES, identify, identify_all, identify_ids
from accounts.models import Client
from tests.support.factories import make_authorization, make_client, make_user

pytestmark = pytest.mark.django_db

CLAUDE = "https://claude.ai/api/mcp/auth_callback"
PHISHING = "https://claude-ai.evil-login.example/callback"
ELSEWHERE = "https://cursor.example/callback"


def added(**fields: Any) -> Client:
    return make_client(**{"name": "Claude", "redirect_uris": CLAUDE, **fields})


def registered(**fields: Any) -> Client:
    return added(registration_source="dcr", **fields)


def documented(host: str = "claude.ai", **fields: Any) -> Client:
    client_id = f"https://{host}/{secrets.token_hex(4)}.json"
    uris = {"redirect_uris": f"https://{host}/callback"}
    return added(client_id=client_id, registration_source="cimd", **{**uris, **fields})


def approved(client: Client) -> Client:
    Client.objects.filter(pk=client.pk).update(vouched_fingerprint=client.fingerprint)
    return Client.objects.get(pk=client.pk)


def known_at(client: Client, **context: Any) -> str:
    return str(identify(client, **context).known_at or "")


def test_the_label_says_who_vouches_for_the_app() -> None:
    labels = [identify(each).label for each in (documented(), added(), approved(registered()), registered())]
    assert labels == [
        "Verified by claude.ai",
        "Added by the administrator",
        "Approved by the administrator",
        "Unverified",
    ]


def test_a_document_does_not_verify_an_address_elsewhere() -> None:
    client = documented(redirect_uris=f"https://claude.ai/callback {PHISHING} http://localhost/callback")
    assert identify(client).label == "Unverified"
    assert identify(client, ["https://claude.ai/callback"]).label == "Verified by claude.ai"
    assert identify(client, [PHISHING]).label == "Unverified"


def test_an_app_without_an_address_is_not_verified() -> None:
    assert identify(documented(redirect_uris="")).label == "Unverified"


def test_an_approval_ends_when_the_app_changes() -> None:
    client = approved(registered())
    client.name = "Claude Pro"
    client.save()
    assert identify(client).label == "Unverified"


def test_an_unverified_app_is_told_from_the_known_one_of_its_name() -> None:
    added()
    assert known_at(registered(redirect_uris=PHISHING)) == "claude.ai"
    assert known_at(registered(redirect_uris="http://localhost/callback")) == "claude.ai"


@pytest.mark.parametrize("name", ["claude", "CLAUDE", "CIaude", "\u0421laude", "Cl\u00e4ude", "C l a u d e"])
def test_names_that_read_alike_are_one_name(name: str) -> None:
    added()
    assert known_at(registered(name=name, redirect_uris=PHISHING)) == "claude.ai"


@pytest.mark.parametrize(
    "name", ["Claude AI", "Claude Inc", "Anthropic Claude", "ClaudeCode", "C l a u d e", "\u202eedualC"]
)
def test_an_app_with_a_similar_name_is_told_from_the_known_one(name: str) -> None:
    added()
    app = identify(registered(name=name, redirect_uris="https://claude.ai.secure-mcp.example/callback"))
    assert (app.known_name, str(app.known_at)) == ("Claude", "claude.ai")
    assert "Another app named Claude, at" in render_chip(app)


def test_a_host_that_begins_with_a_known_one_is_told_from_it_whatever_the_name() -> None:
    added()
    for host in ("claude.ai.evil-login.example", "claude-ai.evil-login.example"):
        assert known_at(registered(name="Helper", redirect_uris=f"https://{host}/callback")) == "claude.ai"
        assert known_at(registered(name="", redirect_uris=f"https://{host}/callback")) == "claude.ai"


def test_the_app_of_the_same_name_is_named_before_a_similar_one() -> None:
    added(name="Claude AI", redirect_uris="https://claude.example/callback")
    added()
    assert known_at(registered(redirect_uris=PHISHING)) == "claude.ai"


def test_a_later_document_casts_no_doubt_on_apps_of_similar_names() -> None:
    earlier = registered(name="Claude Desktop", redirect_uris="https://claude.example/callback")
    documented("evil-login.example")
    assert known_at(earlier) == ""
    assert known_at(registered(name="Claude Desktop", redirect_uris=CLAUDE)) == "evil-login.example"


def test_a_publisher_may_have_several_apps() -> None:
    documented()
    assert known_at(documented(name="Claude Code", redirect_uris="http://localhost/callback")) == ""


def test_another_name_is_another_app() -> None:
    added()
    assert known_at(registered(name="Cursor", redirect_uris=ELSEWHERE)) == ""
    added(name="")
    assert known_at(registered(name="", redirect_uris=ELSEWHERE)) == ""


def test_an_app_at_the_same_domain_is_the_same_one() -> None:
    added()
    assert known_at(registered(redirect_uris="https://app.claude.ai/callback")) == ""
    assert known_at(registered(redirect_uris=f"{PHISHING} {CLAUDE}")) == "claude.ai"


@pytest.mark.parametrize("state", [{"suspended_at": timezone.now()}, {"approved_at": None}])
def test_an_app_that_may_not_be_used_is_not_known(state: dict[str, Any]) -> None:
    added(**state)
    assert known_at(registered(redirect_uris=PHISHING)) == ""


def test_an_app_that_nobody_vouches_for_is_not_known() -> None:
    registered()
    assert known_at(registered(redirect_uris=PHISHING)) == ""


def test_a_stranger_s_document_casts_no_doubt_on_an_app_of_the_operator() -> None:
    documented("evil-login.example")
    assert known_at(added()) == ""
    assert known_at(approved(registered())) == ""


def test_between_two_documents_the_newer_is_told_from_the_older() -> None:
    older, newer = documented(), documented("evil-login.example")
    assert (known_at(older), known_at(newer)) == ("", "claude.ai")


def test_a_document_is_told_from_a_newer_app_of_the_operator() -> None:
    phishing = documented("evil-login.example")
    approved(registered())
    assert known_at(phishing) == "claude.ai"


def test_many_documents_do_not_displace_the_operators_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.clients.identity.apps.MOST_COMPARED", 2)
    for number in range(3):
        documented(f"evil{number}.example")
    added()
    assert known_at(registered(redirect_uris=PHISHING)) == "claude.ai"


def test_an_app_that_the_person_connected_is_known_to_them_alone() -> None:
    person, connected = make_user(), registered()
    make_authorization(person, connected, redirect_uri=CLAUDE)
    phishing = registered(redirect_uris=PHISHING)
    assert known_at(phishing, person=person) == "claude.ai"
    assert known_at(phishing, person=make_user()) == ""
    assert known_at(connected, person=person) == ""


def test_loopback_addresses_and_addresses_of_apps_are_no_websites() -> None:
    client = registered(redirect_uris="http://localhost:8080/cb http://127.0.0.1/cb cursor://auth not-a-uri")
    app = identify(client)
    assert [str(place.host) for place in app.places] == ["127.0.0.1", "cursor:"]
    assert app.domains == set()


def test_further_places_are_counted() -> None:
    uris = " ".join(f"https://app{number}.example/cb" for number in range(MOST_PLACES + 2))
    app = identify(registered(redirect_uris=uris))
    assert (len(app.shown_places), app.more_places) == (MOST_PLACES, 2)


def test_identities_of_many_apps_cost_no_query_each() -> None:
    clients = [registered(name=f"App {number}", redirect_uris=ELSEWHERE) for number in range(20)]
    added(name="App 7")
    with CaptureQueriesContext(connection) as queries:
        found = identify_all(clients)
    assert len(queries) == 1
    known = {client_id: str(app.known_at) for client_id, app in found.items() if app.known_at}
    assert known == {clients[7].client_id: "claude.ai"}


def test_unknown_ids_are_left_out() -> None:
    client = added()
    assert list(identify_ids(["", "unknown", client.client_id])) == [client.client_id]
