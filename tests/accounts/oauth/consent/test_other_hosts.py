"""The consent page's list of the other hosts that the client can receive codes at."""

import pytest
from django.test import Client as Browser

from accounts.models import Authorization, Client
from tests.support.documents import DocumentServer
from tests.support.factories import make_client
from tests.support.flows import REDIRECT_URI, App, answer, ask
from tests.support.oauth.consent_pages import ATTACKER, WEB, approve_in_admin, nothing_was_written
from tests.support.oauth.metadata_documents import CLAUDE, app_of

pytestmark = pytest.mark.django_db

OTHERS = "This app can also send access to"


@pytest.mark.parametrize("shown", [0, 1, 2, 3])
def test_the_page_names_every_other_host_of_the_client(browser: Browser, shown: int) -> None:
    uris = [CLAUDE["redirect_uris"][0], ATTACKER, REDIRECT_URI, "com.example.app:/callback"]
    hosts = ["claude.ai", "attacker.test", "localhost:8080", "com.example.app:"]
    app = App.register(redirect_uris=uris, token_endpoint_auth_method="none")
    page = ask(browser, app, redirect_uri=uris[shown])
    named = page.text.partition(f"{OTHERS}:")[2].partition("</section>")[0]
    assert [host for host in hosts if f"<li><bdi>{host}</bdi>" in named] == [
        host for host in hosts if host != hosts[shown]
    ]
    assert "They may belong to somebody else" in named


def test_the_page_names_the_other_hosts_of_a_document_as_well(documents: DocumentServer, browser: Browser) -> None:
    document = {**CLAUDE, "redirect_uris": [*CLAUDE["redirect_uris"], ATTACKER]}
    documents.publish(document)
    page = ask(browser, app_of(document)).text
    assert f"{OTHERS}:" in page
    assert "<li><bdi>attacker.test</bdi>" in page


def test_the_page_names_other_hosts_without_a_warning_where_the_operator_vouches(browser: Browser) -> None:
    app = App.by_hand(redirect_uris=f"{WEB} https://other.example.com/callback")
    page = ask(browser, app).text
    assert f"<dt>{OTHERS}</dt>" in page
    assert "<li><bdi>other.example.com</bdi>" in page
    assert "They may belong to somebody else" not in page


@pytest.mark.parametrize(
    "uris",
    [
        [WEB],
        [WEB, "https://APP.example.com/other"],
        ["http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"],
    ],
)
def test_the_page_names_no_other_hosts_where_there_are_none(browser: Browser, uris: list[str]) -> None:
    assert OTHERS not in ask(browser, App.register(redirect_uris=uris)).text


def test_an_answer_is_refused_once_the_client_has_another_host(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    page = ask(browser, app)
    Client.objects.update(redirect_uris=f"{WEB} {ATTACKER}")
    response = answer(browser, page)
    assert (response.status_code, "Something changed" in response.text) == (400, True)
    assert not Authorization.objects.exists()


def test_an_answer_is_refused_once_the_approval_was_withdrawn(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    approve_in_admin(app.row)
    page = ask(browser, app)
    assert "Approved by the administrator" in page.text
    Client.objects.update(vouched_fingerprint="")
    assert "Something changed" in answer(browser, page).text


def test_the_page_tells_a_phishing_app_from_the_known_one_of_its_name(browser: Browser) -> None:
    make_client(name="Claude", redirect_uris="https://claude.ai/api/mcp/auth_callback")
    phishing = App.register(client_name="Claude", redirect_uris=["https://claude-ai.evil-login.example/cb"])
    page = ask(browser, phishing).text
    assert "claude-ai.<b>evil-login.example</b>" in page
    assert "Another app named Claude" in page
    assert "<b>claude.ai</b></bdi>, is known here" in page
    assert 'class="destination careful"' in page


def test_an_answer_is_refused_once_another_app_of_the_name_is_known(browser: Browser) -> None:
    phishing = App.register(client_name="Claude", redirect_uris=["https://claude-ai.evil-login.example/cb"])
    page = ask(browser, phishing)
    make_client(name="Claude", redirect_uris="https://claude.ai/api/mcp/auth_callback")
    again = answer(browser, page)
    assert (again.status_code, nothing_was_written()) == (400, True)
    assert "Another app named Claude" in again.text
