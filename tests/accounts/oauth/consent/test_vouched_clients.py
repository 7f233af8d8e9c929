"""Clients that the operator or their own document vouches for: consent is remembered for these alone."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.clients import vouching
from accounts.models import Client
from tests.support.documents import DocumentServer
from tests.support.factories import make_client
from tests.support.flows import ISSUER, REDIRECT_URI, App, approve, ask, register, returned
from tests.support.oauth.consent_pages import ATTACKER, WEB, approve_in_admin, is_answered, is_asked, put
from tests.support.oauth.metadata_documents import CLAUDE, VSCODE, app_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("client_id", "redirect_uri", "vouches"),
    [
        ("https://app.example/client.json", "https://app.example/cb", True),
        ("https://app.example/client.json", "https://app.example:443/cb", True),
        ("https://app.example/client.json", "https://app.example:8443/cb", False),
        ("https://app.example:8443/client.json", "https://app.example/cb", False),
        ("https://app.example:8443/client.json", "https://app.example:9443/cb", False),
        ("https://app.example:8443/client.json", "https://app.example:8443/cb", True),
    ],
)
def test_a_document_vouches_for_its_own_port_alone(client_id: str, redirect_uri: str, vouches: bool) -> None:
    client = make_client(client_id=client_id, registration_source="cimd", redirect_uris=redirect_uri)
    assert vouching.may_be_remembered(client, redirect_uri) is vouches
    shown = client_id.removeprefix("https://").partition("/")[0]
    assert client.verified_domain(redirect_uri) == (shown if vouches else "")


WISHES = [{"approval_prompt": "auto"}, {"prompt": "auto"}, {"skip_authorization": "true"}]


@pytest.mark.parametrize("wish", WISHES)
def test_no_parameter_skips_the_consent_page(browser: Browser, app: App, wish: dict[str, str]) -> None:
    assert is_asked(ask(browser, app, **wish))


@pytest.mark.parametrize("wish", [{}, *WISHES])
@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
@pytest.mark.parametrize("redirect_uri", [REDIRECT_URI, WEB, "com.example.app:/callback"])
def test_a_client_that_registered_itself_asks_every_time(
    browser: Browser, redirect_uri: str, method: str, wish: dict[str, str]
) -> None:
    """Any program can register this app's name and address, so the secret that it gets proves nothing."""
    if redirect_uri.startswith("com."):
        method = "none"
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method=method)
    app.exchange(approve(browser, app))
    assert is_asked(ask(browser, app, **wish))


def test_consent_to_a_client_that_the_operator_made_is_remembered(browser: Browser, web_app: App) -> None:
    approve(browser, web_app, scope="read write")
    told = returned(ask(browser, web_app, scope="read", state="again"))
    assert set(told) == {"code", "state", "iss"}
    assert (told["state"], told["iss"]) == ("again", ISSUER)
    assert web_app.exchange(told["code"]).json()["scope"] == "read"


def test_approved_at_alone_does_not_vouch_for_a_client(browser: Browser) -> None:
    """With REGISTRATION=open it is set without a decision of the operator."""
    app = App.register(redirect_uris=[WEB])
    assert app.row.approved_at is not None
    assert not vouching.is_vouched(app.row)


def test_consent_to_a_client_that_the_operator_approved_is_remembered(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    approve_in_admin(app.row)
    approve(browser, app)
    assert is_answered(ask(browser, app))


def test_consent_is_not_remembered_once_the_approval_was_withdrawn(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    approve_in_admin(app.row)
    approve(browser, app)
    Client.objects.update(vouched_fingerprint="")
    assert is_asked(ask(browser, app))


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": [WEB, ATTACKER]},
        {"redirect_uris": [WEB], "client_name": "Claude"},
        {"redirect_uris": [WEB], "client_uri": "https://claude.ai"},
        {"redirect_uris": [WEB], "token_endpoint_auth_method": "client_secret_post"},
    ],
)
def test_a_registration_that_changes_loses_the_operators_approval(browser: Browser, changes: dict[str, Any]) -> None:
    registered = register(redirect_uris=[WEB]).json()
    app = App(registered["client_id"], registered["client_secret"], WEB)
    approve_in_admin(app.row)
    approve(browser, app)
    assert put(registered, **changes).status_code == 200
    assert not vouching.is_vouched(app.row)
    approve(browser, app)
    assert is_asked(ask(browser, app))


def test_consent_to_a_client_with_every_address_on_its_documents_host_is_remembered(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(CLAUDE)
    approve(browser, app_of(CLAUDE))
    assert is_answered(ask(browser, app_of(CLAUDE)))


@pytest.mark.parametrize(
    "other",
    [
        ATTACKER,
        "https://sub.claude.ai/cb",
        "https://claude.ai.attacker.test/cb",
        "https://ai/cb",
        "http://localhost/callback",
        "com.example.app:/callback",
    ],
)
def test_a_document_with_one_address_on_another_host_does_not_vouch_for_its_client(
    documents: DocumentServer, browser: Browser, other: str
) -> None:
    document = {**CLAUDE, "redirect_uris": [*CLAUDE["redirect_uris"], other]}
    documents.publish(document)
    app = app_of(document)
    approve(browser, app)
    assert is_asked(ask(browser, app))
    assert is_asked(ask(browser, app, redirect_uri=other))


def test_a_document_that_gains_a_foreign_address_vouches_no_longer(documents: DocumentServer, browser: Browser) -> None:
    documents.publish(CLAUDE)
    app = app_of(CLAUDE)
    approve(browser, app)
    documents.publish({**CLAUDE, "redirect_uris": [*CLAUDE["redirect_uris"], ATTACKER]})
    Client.objects.update(cimd_expires_at=timezone.now())
    assert is_asked(ask(browser, app))


def test_a_document_that_the_operator_approved_is_vouched_for_until_it_changes(
    documents: DocumentServer, browser: Browser
) -> None:
    documents.publish(VSCODE)
    app = app_of(VSCODE, "https://vscode.dev/redirect")
    approve(browser, app)
    assert is_asked(ask(browser, app))
    approve_in_admin(app.row)
    approve(browser, app)
    assert is_answered(ask(browser, app))
    documents.publish({**VSCODE, "client_name": "Another"})
    Client.objects.update(cimd_expires_at=timezone.now())
    assert is_asked(ask(browser, app))


def test_a_consent_to_one_document_does_not_count_for_another_with_its_address(
    documents: DocumentServer, browser: Browser
) -> None:
    """The page for claude.ai was approved; evil.example's document may name the same address, and asks anew."""
    documents.publish(CLAUDE)
    evil = {**CLAUDE, "client_id": "https://evil.example/c.json", "redirect_uris": [*CLAUDE["redirect_uris"], ATTACKER]}
    documents.publish(evil)
    approve(browser, app_of(CLAUDE))
    assert is_asked(ask(browser, app_of(evil)))
    assert is_asked(ask(browser, app_of(evil, ATTACKER)))


def test_a_client_made_in_the_shell_is_the_operators(browser: Browser) -> None:
    assert vouching.by_operator(make_client())
