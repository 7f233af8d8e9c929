"""In production: https outside, a proxy that ends TLS, and plain http on the way to gunicorn."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.production.proxied_server import ProxiedServer
from tests.production.tls_proxy import TLSProxy
from tests.support.database import Template
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.people.browser import FormReader, Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PAGES = ("/", "/accounts/login/", "/admin/", "/admin/login/", "/oauth/authorize?client_id=a")
OUTSIDE, INVENTED = "198.51.100.9", "203.0.113.7"
PATIENCE_SECONDS = 20
LAST_ADDRESS = "print(Event.objects.order_by('-pk').first().address)"


@pytest.fixture(scope="module")
def server(template: Template, certificate: tuple[Path, Path]) -> Iterator[ProxiedServer]:
    with TLSProxy(*certificate) as proxy, ProxiedServer(template, proxy, TRUSTED_PROXY="127.0.0.1,::1") as running:
        yield running


@pytest.fixture(scope="module")
def distrustful(template: Template, certificate: tuple[Path, Path]) -> Iterator[ProxiedServer]:
    """The same, without TRUSTED_PROXY. It is only asked directly: through the proxy, pages redirect to themselves."""
    with TLSProxy(*certificate) as proxy, ProxiedServer(template, proxy) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere(template: Template, certificate: tuple[Path, Path]) -> Iterator[ProxiedServer]:
    """The same, but its proxy has another address than whoever asks here."""
    with TLSProxy(*certificate) as proxy, ProxiedServer(template, proxy, TRUSTED_PROXY=OUTSIDE) as running:
        yield running


def test_a_peer_that_is_not_the_proxy_is_not_believed(elsewhere: ProxiedServer) -> None:
    invented = {"X-Forwarded-For": INVENTED, "X-Forwarded-Proto": "https", "X-Request-ID": "invented"}
    page = elsewhere.ask_directly("GET", "/accounts/login/", headers=invented)
    assert (page.status_code, page.headers["Location"]) == (301, f"{elsewhere.url}/accounts/login/")
    answer = elsewhere.ask_directly("POST", "/oauth/token", headers=invented)
    assert answer.headers["X-Request-ID"] != "invented"
    assert elsewhere.shell("print(*Event.objects.values_list('address', flat=True).distinct())") in ("127.0.0.1", "::1")


def connect(server: LiveServer, person: Person) -> tuple[App, dict[str, str]]:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    location = person.approve(app.authorization_url())
    assert parameters_of(location)["iss"] == server.url
    return app, app.redeem(parameters_of(location)["code"]).json()


def test_somebody_signs_in_consents_and_calls_a_tool(server: ProxiedServer) -> None:
    person = Person("demo", "demo123")

    app, tokens = connect(server, person)

    response = app.call_tool(tokens["access_token"], "echo", text="Hello, World!")
    assert response.status_code == 200
    assert response.json()["result"]["content"][0]["text"] == "Hello, World!"
    refreshed = app.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert app.call_tool(refreshed["access_token"], "get_user_info").status_code == 200


def test_cookies_travel_over_https_alone(server: ProxiedServer) -> None:
    person = Person("demo", "demo123")
    connect(server, person)

    cookies = [line for page in person.pages for line in page.headers.get_list("Set-Cookie")]

    assert {line.split("=")[0] for line in cookies} >= {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in cookies:
        assert "; Secure" in cookie
        assert "; HttpOnly" in cookie
        assert "; SameSite=Lax" in cookie
        # What the prefix asks for (RFC 6265bis section 4.1.3.2).
        assert "; Path=/" in cookie
        assert "; Domain" not in cookie


def test_admin_can_be_signed_in_to(server: ProxiedServer) -> None:
    page = Person("admin", "admin-password").open(f"{server.url}/accounts/login/?next=/admin/")

    assert page.status_code == 200
    assert page.url == f"{server.url}/admin/"


def test_everything_that_the_documents_name_is_https(server: ProxiedServer) -> None:
    authorization_server = httpx2.get(f"{server.url}/.well-known/oauth-authorization-server").json()
    protected_resource = httpx2.get(f"{server.url}/.well-known/oauth-protected-resource/mcp").json()

    assert authorization_server["issuer"] == server.url
    endpoints = {name: value for name, value in authorization_server.items() if name.endswith("_endpoint")}
    assert {"authorization_endpoint", "token_endpoint", "registration_endpoint"} <= endpoints.keys()
    for value in endpoints.values():
        assert value.startswith(f"{server.url}/oauth/")
    assert protected_resource["resource"] == f"{server.url}/mcp"
    assert protected_resource["authorization_servers"] == [server.url]
    challenge = httpx2.post(server.mcp_url, json={}).headers["WWW-Authenticate"]
    assert f'resource_metadata="{server.url}/.well-known/oauth-protected-resource/mcp"' in challenge
    assert register(server).json()["registration_client_uri"].startswith(f"{server.url}/oauth/register/")


def test_mail_for_a_new_password_leaves_after_the_answer_and_names_the_address_outside(server: ProxiedServer) -> None:
    server.shell("User.objects.create_user('ada', 'ada@example.com', 'a-long-password')")
    with httpx2.Client() as browser:
        page = browser.get(f"{server.url}/accounts/password/reset/")
        [form] = FormReader.read(page.text)
        sent = {**dict(form.fields), "email": "ada@example.com"}
        answer = browser.post(str(page.url), data=sent, headers={"Referer": str(page.url)})
    assert answer.status_code == 302
    link, patience = f"{server.url}/accounts/password/reset/key/", time.monotonic() + PATIENCE_SECONDS
    while link not in server.log and time.monotonic() < patience:
        time.sleep(0.05)
    assert link in server.log


def test_browsers_are_told_to_insist_on_https(server: ProxiedServer) -> None:
    assert int(httpx2.get(f"{server.url}/").headers["Strict-Transport-Security"].split("=")[1]) >= 24 * 3600


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("said", [{}, {"X-Forwarded-Proto": "http"}])
def test_pages_over_plain_http_lead_to_https(server: ProxiedServer, path: str, said: dict[str, str]) -> None:
    response = server.ask_directly("GET", path, headers=said)

    assert response.status_code == 301
    assert response.headers["Location"] == f"{server.url}{path}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_what_machines_ask_over_plain_http_is_not_redirected(server: ProxiedServer, slash: str) -> None:
    for method, path, status in (
        ("POST", "/mcp", 401),
        ("GET", "/mcp", 401),
        ("POST", "/oauth/token", 400),
        ("POST", "/oauth/revoke", 400),
        ("POST", "/oauth/register", 400),
        ("GET", "/oauth/register/unknown", 401),
        ("GET", "/health", 200),
        ("GET", "/health/live", 200),
        ("GET", "/health/ready", 200),
        ("GET", "/.well-known/oauth-authorization-server", 200),
        ("GET", "/.well-known/oauth-protected-resource/mcp", 200),
        ("GET", "/.well-known/unheard-of", 404),
    ):
        response = server.ask_directly(method, path + slash)
        assert response.status_code == status, (method, path, response.text)


def test_a_tool_is_called_over_plain_http_too(server: ProxiedServer) -> None:
    """The proxy may be told to forward what comes to port 80: a client must not lose its POST."""
    _, tokens = connect(server, Person("demo", "demo123"))
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert server.ask_directly("POST", "/mcp", json=message, headers=bearer).status_code == 200


def test_the_proxy_says_who_asks(server: ProxiedServer) -> None:
    """Its own word is the last; what stands before it, a client may have invented."""
    httpx2.post(f"{server.url}/oauth/token", headers={"X-Forwarded-For": INVENTED})
    assert server.shell(LAST_ADDRESS) == "127.0.0.1"

    server.ask_directly("POST", "/oauth/token", headers={"X-Forwarded-For": f"{INVENTED}, {OUTSIDE}"})
    assert server.shell(LAST_ADDRESS) == OUTSIDE


@pytest.mark.parametrize("said", ["", "unknown", ",", ", ,", "\x01", "::ffff:1", "1.2.3.4.5", "x" * 4000, "[::1]:80"])
def test_an_address_that_is_none_breaks_nothing(server: ProxiedServer, said: str) -> None:
    headers = {"X-Forwarded-For": said, "X-Forwarded-Proto": "https"}
    for method, path in (
        ("GET", "/accounts/login/"),
        ("POST", "/accounts/login/"),
        ("POST", "/oauth/token"),
        ("POST", "/mcp"),
    ):
        try:
            response = server.ask_directly(method, path, headers=headers)
        except httpx2.HTTPError:
            continue  # not even our client sends that
        assert response.status_code < 500, (method, path, response.text)


@pytest.mark.parametrize("path", PAGES)
def test_without_trusted_proxy_nobody_can_claim_https(distrustful: ProxiedServer, path: str) -> None:
    response = distrustful.ask_directly("GET", path, headers={"X-Forwarded-Proto": "https"})

    assert response.status_code == 301


def test_without_trusted_proxy_nobody_can_claim_an_address(distrustful: ProxiedServer) -> None:
    distrustful.ask_directly("POST", "/oauth/token", headers={"X-Forwarded-For": INVENTED})

    assert distrustful.shell(LAST_ADDRESS) == "127.0.0.1"


def test_another_host_is_refused(server: ProxiedServer) -> None:
    document = f"{server.url}/.well-known/oauth-protected-resource/mcp"
    assert httpx2.get(document, headers={"Host": "attacker.example"}).status_code == 400
    # This header counts for nothing.
    response = httpx2.get(document, headers={"X-Forwarded-Host": "attacker.example"})
    assert response.json()["resource"] == f"{server.url}/mcp"


@pytest.mark.parametrize("host", ["10.0.0.7:9000", "[fd00::7]", "not a name", ""])
def test_a_load_balancer_may_ask_by_an_address_whether_the_server_is_well(server: ProxiedServer, host: str) -> None:
    for path in ("/health", "/health/", "/health/live", "/health/ready"):
        response = server.ask_directly("GET", path, headers={"Host": host})
        assert response.status_code == 200, response.text
        assert "10.0.0.7" not in f"{response.headers}{response.text}"
        assert server.ask_directly("POST", path, headers={"Host": host}).status_code == 403
    for path in ("/", "/health/else", "/.well-known/oauth-protected-resource/mcp"):
        asked = {"Host": host, "X-Forwarded-Proto": "https"}
        assert server.ask_directly("GET", path, headers=asked).status_code == 400, path


@pytest.mark.parametrize("host", ["10.0.0.7:9000", "localhost:4444", "localhost"])
def test_no_page_over_plain_http_leads_to_the_host_that_was_asked_for(server: ProxiedServer, host: str) -> None:
    page = server.ask_directly("GET", "/accounts/login/", headers={"Host": host})
    assert (page.status_code, page.headers["Location"]) == (301, f"{server.url}/accounts/login/")


def test_pages_are_shown_at_the_port_of_public_url_alone(server: ProxiedServer) -> None:
    for host, status in ((server.url.removeprefix("https://"), 200), ("localhost", 200), ("localhost:4444", 400)):
        asked = {"Host": host, "X-Forwarded-Proto": "https"}
        assert server.ask_directly("GET", "/accounts/login/", headers=asked).status_code == status, host


def test_a_long_state_comes_back_whole_past_the_sign_in(server: ProxiedServer) -> None:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    state = "s" * 5000

    location = Person("demo", "demo123").approve(app.authorization_url(state=state))

    assert parameters_of(location)["state"] == state


def test_a_request_line_that_is_too_long_is_refused_politely(server: ProxiedServer) -> None:
    assert httpx2.get(f"{server.url}/?{'x' * 10_000}").status_code == 414
