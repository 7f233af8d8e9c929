"""The walk-through, as a newcomer types it: register, sign in, approve, get a token, call a tool."""

import httpx2
import pytest

from tests.support.oauth.http_client import REDIRECT_URI, App, parameters_of, register
from tests.support.oauth.pkce import VERIFIER
from tests.support.people.browser import Person, return_link
from tests.support.servers.server import LiveServer


@pytest.fixture
def demo() -> Person:
    return Person("demo", "demo123")


@pytest.fixture
def app(server: LiveServer) -> App:
    registered = register(server).json()
    return App(server, registered["client_id"], registered["client_secret"])


@pytest.fixture
def code(app: App, demo: Person) -> str:
    return parameters_of(demo.approve(app.authorization_url()))["code"]


@pytest.fixture
def tokens(app: App, code: str) -> dict[str, str]:
    return app.redeem(code).json()


def test_step_1_an_app_registers_itself(server: LiveServer) -> None:
    response = register(server)

    assert response.status_code == 201
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    client = response.json()
    assert client["client_id"]
    assert client["client_secret"]
    assert client["client_id_issued_at"] > 1_700_000_000
    assert client["client_secret_expires_at"] == 0
    assert client["client_name"] == "My Test App"
    assert client["redirect_uris"] == [REDIRECT_URI]
    assert client["scope"] == "read write"
    assert client["grant_types"] == ["authorization_code", "refresh_token"]
    assert client["response_types"] == ["code"]
    assert client["token_endpoint_auth_method"] in ("client_secret_basic", "client_secret_post")
    assert client["registration_client_uri"].startswith(f"{server.url}/oauth/register/")
    assert client["registration_access_token"]


def test_step_2_a_person_signs_in_and_approves(server: LiveServer, app: App, demo: Person) -> None:
    location = demo.approve(app.authorization_url())

    assert location.startswith(f"{REDIRECT_URI}?")
    returned = parameters_of(location)
    assert set(returned) == {"code", "state", "iss"}
    assert returned["state"] == "random123"
    assert returned["iss"] == server.url


def test_step_2_without_pkce_returns_an_error_that_says_so(server: LiveServer, app: App, demo: Person) -> None:
    url = app.authorization_url(code_challenge=None, code_challenge_method=None)
    page = demo.open(url)

    assert "Return to <bdi>localhost:8080</bdi>?" in page.text
    location = return_link(page.text)
    assert location.startswith(f"{REDIRECT_URI}?")
    returned = parameters_of(location)
    assert returned["error"] == "invalid_request"
    assert "code_challenge" in returned["error_description"] or "PKCE" in returned["error_description"]
    assert returned["state"] == "random123"
    assert returned["iss"] == server.url
    assert demo.pages[-2].request.method == "POST", "the error is told only after sign-in"


def test_step_2_cancel_returns_access_denied(server: LiveServer, app: App, demo: Person) -> None:
    returned = parameters_of(demo.cancel(app.authorization_url()))

    assert returned["error"] == "access_denied"
    assert returned["state"] == "random123"
    assert returned["iss"] == server.url
    assert "code" not in returned


def test_step_2_an_unknown_client_is_told_to_the_person(app: App) -> None:
    response = httpx2.get(app.authorization_url(client_id="nobody"))

    assert response.status_code == 400
    assert "Invalid client_id" in response.text


def test_step_2_an_unregistered_redirect_is_told_to_the_person_and_never_followed(app: App) -> None:
    response = httpx2.get(app.authorization_url(redirect_uri="https://elsewhere.example/callback"))

    assert response.status_code == 400
    assert "Invalid redirect_uri" in response.text


def test_step_3_the_app_exchanges_the_code_for_tokens(app: App, code: str) -> None:
    response = app.redeem(code)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    tokens = response.json()
    assert tokens["access_token"]
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 1800
    assert tokens["refresh_token"]
    assert tokens["scope"] == "read write"


def test_step_3_a_code_used_twice_ends_what_the_first_use_gave(app: App, code: str) -> None:
    first = app.redeem(code).json()

    second = app.redeem(code)

    assert second.status_code == 400
    assert second.json()["error"] == "invalid_grant"
    assert app.call_tool(first["access_token"], "echo", text="still there?").status_code == 401


def test_step_3_a_wrong_verifier_is_refused(app: App, code: str) -> None:
    response = app.post_token(
        grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI, code_verifier="x" * 43
    )

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"


def test_step_3_a_wrong_secret_is_refused(server: LiveServer, app: App, code: str) -> None:
    response = App(server, app.client_id, "guessed").redeem(code)

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


def test_step_4_a_tool_is_called_with_nothing_but_the_token(app: App, tokens: dict[str, str]) -> None:
    response = app.call_tool(tokens["access_token"], "echo", text="Hello, World!")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    answer = response.json()
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 1)
    assert answer["result"]["content"][0] == {"type": "text", "text": "Hello, World!"}
    assert not answer["result"].get("isError")


def test_step_5_the_app_refreshes_and_goes_on(app: App, tokens: dict[str, str]) -> None:
    response = app.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert response.status_code == 200
    fresh = response.json()
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert app.call_tool(fresh["access_token"], "echo", text="again").json()["result"]["content"][0]["text"] == "again"


def test_step_6_the_app_disconnects(app: App, tokens: dict[str, str]) -> None:
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    response = httpx2.post(f"{app.server.url}/oauth/revoke", data={"token": tokens["refresh_token"], **credentials})

    assert response.status_code == 200
    assert app.call_tool(tokens["access_token"], "echo", text="still there?").status_code == 401


def test_without_a_token_the_challenge_leads_to_the_authorization_server(server: LiveServer) -> None:
    response = httpx2.post(server.mcp_url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert response.status_code == 401
    assert "Missing authorization header" in response.text
    challenge = response.headers["WWW-Authenticate"]
    described = f"{server.url}/.well-known/oauth-protected-resource/mcp"
    assert challenge.startswith("Bearer ")
    assert f'resource_metadata="{described}"' in challenge
    assert 'scope="read"' in challenge
    assert "error=" not in challenge

    resource = httpx2.get(described).json()
    assert resource["resource"] == server.mcp_url
    assert resource["authorization_servers"] == [server.url]
    authorization_server = httpx2.get(f"{server.url}/.well-known/oauth-authorization-server").json()
    assert authorization_server["issuer"] == server.url
    assert authorization_server["registration_endpoint"] == f"{server.url}/oauth/register"
    assert authorization_server["code_challenge_methods_supported"] == ["S256"]


def test_with_a_token_of_nobody_the_challenge_says_invalid_token(app: App) -> None:
    response = app.call_tool("nobody-issued-this", "echo", text="?")

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_the_log_tells_each_step_and_no_secret(server: LiveServer, app: App, code: str) -> None:
    tokens = app.redeem(code).json()
    app.call_tool(tokens["access_token"], "echo", text="a private matter")

    assert server.log.count(app.client_id) >= 4, "registration, authorization, token request and MCP request"
    for secret in (app.client_secret, code, tokens["access_token"], tokens["refresh_token"], VERIFIER):
        assert secret not in server.log
    assert "a private matter" not in server.log
