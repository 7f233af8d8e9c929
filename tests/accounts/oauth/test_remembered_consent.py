"""When a person is asked again, and when an earlier consent is enough: for what they saw, and for nothing else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.clients import registration, vouching
from accounts.grants import issuance
from accounts.models import AccessToken, Authorization, Client, Consent, Grant, RefreshToken
from accounts.oauth.authorize import AuthorizationView
from accounts.revocation.authorizations import revoke
from tests.support.documents import DocumentServer, serving_documents
from tests.support.factories import make_client
from tests.support.flows import ISSUER, REDIRECT_URI, App, Response, answer, approve, ask, register, returned, sign_in
from tests.support.oauth.metadata_documents import CLAUDE, VSCODE, app_of

pytestmark = pytest.mark.django_db

WEB = "https://app.example.com/callback"
ATTACKER = "https://attacker.test/cb"


@pytest.fixture
def web_app() -> App:
    """A client that the operator made, which is answered at an https address."""
    return App.by_hand(redirect_uris=WEB)


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        yield server
    cache.clear()


def is_asked(response: Response) -> bool:
    return response.status_code == 200 and 'value="approve"' in response.text


def is_answered(response: Response) -> bool:
    return response.status_code == 302 and "code" in returned(response)


def approve_in_admin(client: Client) -> None:
    Client.objects.filter(pk=client.pk).update(vouched_fingerprint=client.fingerprint)


def put(registered: dict[str, Any], **metadata: Any) -> Response:
    """Change a registration (RFC 7592 section 2.2)."""
    body = {"client_id": registered["client_id"], "client_name": "My Test App", "scope": "read write", **metadata}
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    path = f"/oauth/register/{registered['client_id']}"
    return Browser().put(path, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "prompt", ["consent", "login", "select_account", "CONSENT", "Login", "none consent", "select_account login"]
)
def test_a_client_that_wants_a_page_gets_one(browser: Browser, web_app: App, prompt: str) -> None:
    approve(browser, web_app)
    assert is_asked(ask(browser, web_app, prompt=prompt))
    assert is_answered(ask(browser, web_app))


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


# --- For the very address that was shown ---------------------------------------------------------


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_consent_given_for_one_address_is_not_honoured_at_another(browser: Browser, method: str) -> None:
    claude = CLAUDE["redirect_uris"][0]
    app = App.register(client_name="Claude", redirect_uris=[claude, ATTACKER], token_endpoint_auth_method=method)
    approve(browser, app)
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert is_asked(ask(browser, app, redirect_uri=ATTACKER))
    assert Grant.objects.count() == 1


def test_consent_to_a_vouched_client_is_not_honoured_at_another_of_its_addresses(browser: Browser) -> None:
    other = "https://app.example.com/other"
    app = App.by_hand(redirect_uris=f"{WEB} {other} {WEB}?a=b")
    approve(browser, app)
    assert is_asked(ask(browser, app, redirect_uri=other))
    assert is_asked(ask(browser, app, redirect_uri=f"{WEB}?a=b"))
    assert is_answered(ask(browser, app))


def test_consent_to_the_default_address_is_remembered_for_it_alone(browser: Browser) -> None:
    app = App.by_hand(redirect_uris=WEB)
    approve(browser, app, redirect_uri=None)
    assert Authorization.objects.get().redirect_uri == WEB
    assert is_answered(ask(browser, app))
    Client.objects.update(redirect_uris=ATTACKER)
    assert is_asked(ask(browser, app, redirect_uri=None))


def test_what_follows_from_a_remembered_consent_is_remembered_for_the_same_address(
    browser: Browser, web_app: App
) -> None:
    approve(browser, web_app)
    returned(ask(browser, web_app))
    first, second = Authorization.objects.order_by("pk")
    assert (first.redirect_uri, first.client_fingerprint) == (second.redirect_uri, second.client_fingerprint)
    assert second.redirect_uri == WEB


@pytest.mark.parametrize(
    "redirect_uri",
    [
        REDIRECT_URI,
        "http://127.0.0.1:8080/callback",
        "http://[::1]:8080/callback",
        "https://localhost/callback",
        "https://localhost:8443/callback",
        "https://app.localhost/callback",
        "https://127.0.0.1/callback",
        "https://127.0.0.2/callback",
        "https://[::1]/callback",
        "https://[::ffff:7f00:1]/callback",
        "https://0.0.0.0/callback",
        "com.example.app:/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ],
)
def test_no_consent_to_an_address_on_the_persons_own_device_is_remembered(browser: Browser, redirect_uri: str) -> None:
    """Any program there can use the address, whoever vouches for the client."""
    app = App.by_hand(redirect_uris=redirect_uri)
    approve(browser, app)
    assert is_asked(ask(browser, app))


def test_consent_that_was_stored_without_its_address_is_asked_once_more(browser: Browser, web_app: App) -> None:
    tokens = web_app.connect(browser)
    Authorization.objects.update(redirect_uri="", client_fingerprint="")
    assert is_asked(ask(browser, web_app))
    assert web_app.refresh(tokens["refresh_token"]).status_code == 200
    approve(browser, web_app)
    assert is_answered(ask(browser, web_app))


# --- For clients that somebody vouches for --------------------------------------------------------


WISHES = [{"approval_prompt": "auto"}, {"prompt": "none"}, {"prompt": "login"}, {"skip_authorization": "true"}]


@pytest.mark.parametrize("wish", WISHES)
def test_no_parameter_skips_the_consent_page(browser: Browser, app: App, wish: dict[str, str]) -> None:
    assert is_asked(ask(browser, app, **wish))


@pytest.mark.parametrize("wish", [{}, *WISHES])
@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
@pytest.mark.parametrize("redirect_uri", [REDIRECT_URI, WEB, "com.example.app:/callback"])
def test_a_client_that_registered_itself_asks_every_time(
    browser: Browser, redirect_uri: str, method: str, wish: dict[str, str]
) -> None:
    """Any program can register this app's name and address; and the secret that it gets proves nothing."""
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


def test_approved_at_alone_vouches_for_nobody(browser: Browser) -> None:
    """With REGISTRATION=open it is set without anybody's decision."""
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
def test_one_address_off_its_host_is_enough_for_a_document_to_vouch_for_nothing(
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


def test_an_address_of_somebody_elses_document_borrows_nothing(documents: DocumentServer, browser: Browser) -> None:
    """The page for claude.ai was approved; evil.example's document may name the same address, and asks anew."""
    documents.publish(CLAUDE)
    evil = {**CLAUDE, "client_id": "https://evil.example/c.json", "redirect_uris": [*CLAUDE["redirect_uris"], ATTACKER]}
    documents.publish(evil)
    approve(browser, app_of(CLAUDE))
    assert is_asked(ask(browser, app_of(evil)))
    assert is_asked(ask(browser, app_of(evil, ATTACKER)))


@pytest.fixture
def before_it_writes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen after a registration's update was let in and before it is written."""

    def arrange(happens: Callable[[], object]) -> None:
        read = registration.read_metadata

        def later(*args: Any, **kwargs: Any) -> Any:
            metadata = read(*args, **kwargs)
            happens()
            return metadata

        monkeypatch.setattr(registration, "read_metadata", later)

    return arrange


def test_a_registration_that_changes_leaves_what_the_operator_withdrew_meanwhile(
    before_it_writes: Callable[[Callable[[], object]], None],
) -> None:
    registered = register(redirect_uris=[WEB]).json()
    approve_in_admin(Client.objects.get())
    before_it_writes(lambda: Client.objects.update(vouched_fingerprint=""))
    assert put(registered, redirect_uris=[WEB]).status_code == 200
    assert not vouching.is_vouched(Client.objects.get())


@pytest.mark.parametrize("end", ["suspend", "delete"])
def test_a_registration_that_ends_meanwhile_stays_ended(
    before_it_writes: Callable[[Callable[[], object]], None], end: str
) -> None:
    registered = register(redirect_uris=[WEB]).json()
    clients = Client.objects.all()
    before_it_writes(clients.delete if end == "delete" else lambda: clients.update(suspended_at=timezone.now()))
    assert put(registered, redirect_uris=[ATTACKER]).status_code == 401
    assert not clients.filter(suspended_at=None).exists()
    assert not clients.filter(redirect_uris=ATTACKER).exists()


# --- For this much, for this long, for this client as it was --------------------------------------


def test_a_remembered_consent_is_asked_again_when_the_client_wants_that(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(browser, web_app, prompt="consent"))


def test_a_consent_is_found_among_many_without_reading_them_all(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    [first] = Authorization.objects.all()
    common = {"consent": first.consent, "client_fingerprint": first.client_fingerprint}
    Authorization.objects.bulk_create(
        Authorization(scope="write", redirect_uri=first.redirect_uri, **common) for _ in range(50)
    )
    with CaptureQueriesContext(connection) as queries:
        assert is_answered(ask(browser, web_app, scope=first.scope))
    assert any("LIMIT 20" in query["sql"] for query in queries)


def test_a_head_request_grants_nothing(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert browser.head(web_app.authorization_url()).status_code == 200
    assert Grant.objects.count() == 1


def test_signing_in_on_the_way_borrows_nothing_from_who_was_signed_in_before(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(sign_in(), web_app))
    assert ask(Browser(), web_app)["Location"].startswith("/accounts/login/")
    assert Grant.objects.count() == 1


def test_a_remembered_consent_is_no_consent_to_more(browser: Browser, web_app: App) -> None:
    approve(browser, web_app, scope="read")
    assert is_asked(ask(browser, web_app, scope="read write"))


def test_what_is_remembered_ends_when_that_ends_which_it_stands_on(browser: Browser, web_app: App) -> None:
    web_app.exchange(returned(answer(browser, ask(browser, web_app), lifetime="month"))["code"])
    first = Authorization.objects.get()
    returned(ask(browser, web_app))
    assert Authorization.objects.latest("pk").expires_at == first.expires_at
    # As the one that lasts longest, for as long as they like.
    answer(browser, ask(browser, web_app, prompt="consent"), lifetime="open")
    returned(ask(browser, web_app))
    assert Authorization.objects.latest("pk").expires_at is None


def test_the_longer_consent_to_another_address_makes_none_last_longer(browser: Browser) -> None:
    other = "https://app.example.com/other"
    app = App.by_hand(redirect_uris=f"{WEB} {other}")
    answer(browser, ask(browser, app, redirect_uri=other), lifetime="open")
    answer(browser, ask(browser, app), lifetime="hours")
    hours = Authorization.objects.latest("pk").expires_at
    returned(ask(browser, app))
    assert Authorization.objects.latest("pk").expires_at == hours is not None


def test_a_remembered_consent_is_nobody_elses(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(sign_in(), web_app))
    assert is_asked(ask(browser, App.by_hand(redirect_uris=WEB)))


def test_a_consent_is_forgotten_once_its_authorization_was_revoked(browser: Browser, web_app: App) -> None:
    web_app.revoke(web_app.connect(browser)["access_token"])
    assert is_asked(ask(browser, web_app))


def test_an_app_that_was_disconnected_asks_again(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    returned(ask(browser, web_app))
    browser.post("/apps", {"client": web_app.row.pk})
    assert is_asked(ask(browser, web_app))


def test_a_consent_that_nobody_uses_is_forgotten(browser: Browser, web_app: App, settings: Settings) -> None:
    """As the consent page says: until it is not used for that long."""
    web_app.connect(browser)
    past = timezone.now() - timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS)
    Authorization.objects.update(created_at=past)
    assert is_answered(ask(browser, web_app))
    for rows in (Authorization, RefreshToken, AccessToken):
        rows.objects.update(**{"created_at" if rows is Authorization else "created": past})
    assert is_asked(ask(browser, web_app))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another name"},
        {"client_uri": "https://other.example.com"},
        {"redirect_uris": f"{WEB} https://other.example.com/callback"},
        {"token_endpoint_auth_method": "none"},
    ],
)
def test_a_consent_is_forgotten_once_the_client_is_another(
    browser: Browser, web_app: App, changes: dict[str, str]
) -> None:
    approve(browser, web_app)
    Client.objects.update(**changes)
    assert is_asked(ask(browser, web_app))


def test_a_consent_to_what_the_client_was_is_not_renewed_by_one_to_what_it_is(browser: Browser, web_app: App) -> None:
    """They allowed both scopes under the first name, and one of them under the second."""
    approve(browser, web_app, scope="read write")
    Client.objects.update(name="Another name")
    approve(browser, web_app, scope="read")
    assert is_answered(ask(browser, web_app, scope="read"))
    assert is_asked(ask(browser, web_app, scope="read write"))


# --- While something else goes on -----------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen once between what the endpoint judged and what it writes."""

    def arrange(happens: Callable[[], object]) -> None:
        write = AuthorizationView.create_authorization_response

        def later(*args: Any, **kwargs: Any) -> Any:
            happens()
            return write(*args, **kwargs)

        monkeypatch.setattr(AuthorizationView, "create_authorization_response", later)

    return arrange


def test_a_consent_that_ends_meanwhile_grants_nothing(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    approve(browser, web_app)
    meanwhile(lambda: revoke(Authorization.objects.all(), reason="person"))
    assert is_asked(ask(browser, web_app))
    assert not Authorization.objects.live().exists()


def test_a_client_that_changes_meanwhile_is_approved_as_it_was_shown(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    shown = web_app.row.fingerprint
    page = ask(browser, web_app)
    meanwhile(lambda: Client.objects.update(name="Another name"))
    answer(browser, page)
    assert Authorization.objects.get().client_fingerprint == Consent.objects.get().client_fingerprint == shown


def test_an_address_that_is_unregistered_meanwhile_is_not_redirected_to(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    page = ask(browser, web_app)
    meanwhile(lambda: Client.objects.update(redirect_uris="https://app.example.com/other"))
    response = answer(browser, page)
    assert (response.status_code, "Invalid redirect_uri" in response.text) == (400, True)


# --- What the page says ---------------------------------------------------------------------------

OTHERS = "This app can also send access to"


@pytest.mark.parametrize("shown", [0, 1, 2, 3])
def test_the_page_names_every_other_place_that_the_client_can_be_answered_at(browser: Browser, shown: int) -> None:
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


def test_the_page_names_other_hosts_calmly_where_the_operator_vouches(browser: Browser) -> None:
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
def test_the_page_is_silent_where_there_is_no_other_place(browser: Browser, uris: list[str]) -> None:
    assert OTHERS not in ask(browser, App.register(redirect_uris=uris)).text


def test_an_answer_is_refused_once_the_client_has_another_host(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    page = ask(browser, app)
    Client.objects.update(redirect_uris=f"{WEB} {ATTACKER}")
    response = answer(browser, page)
    assert (response.status_code, "Something changed" in response.text) == (400, True)
    assert not Authorization.objects.exists()


def test_an_answer_is_refused_once_nobody_vouches_any_more(browser: Browser) -> None:
    app = App.register(redirect_uris=[WEB])
    approve_in_admin(app.row)
    page = ask(browser, app)
    assert "The operator of this server approved this app." in page.text
    Client.objects.update(vouched_fingerprint="")
    assert "Something changed" in answer(browser, page).text


def test_a_client_of_the_shell_is_the_operators(browser: Browser) -> None:
    assert vouching.by_operator(make_client())


def test_the_error_for_an_ended_consent_is_oauths_own() -> None:
    assert issuance.ConsentEnded().error == "access_denied"
