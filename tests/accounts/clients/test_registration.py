"""Registering a client (RFC 7591) and managing it (RFC 7592): what is taken, narrowed, refused and answered."""

import json
import time
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Client, Event
from tests.support.flows import ISSUER, REDIRECT_URI, App, Response, post_json, register, sign_in

pytestmark = pytest.mark.django_db

BOTH = ["authorization_code", "refresh_token"]
CODE_AND_REFRESH = {"grant_types": BOTH, "response_types": ["code"]}

# What real clients send when they introduce themselves, as seen in their sources and issue trackers in 2026.
REAL_CLIENTS: dict[str, dict[str, Any]] = {
    "curl, as in the walk-through": {
        "client_name": "My Test App",
        "redirect_uris": ["http://localhost:8080/callback"],
        "scope": "read write",
    },
    "Claude": {
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "client_secret_post",
    },
    "Claude Code": {
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost:3118/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    "Cursor": {
        "client_name": "Cursor",
        "redirect_uris": [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "web",
    },
    "Visual Studio Code": {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://localhost/",
            "http://127.0.0.1/",
            "http://localhost:33418/",
            "http://127.0.0.1:33418/",
        ],
        "grant_types": [*BOTH, "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": "read write",
    },
    "Codex CLI": {
        "client_name": "Codex",
        "redirect_uris": ["http://127.0.0.1:37819/callback/a1b2c3d4e5f6"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    "Gemini CLI": {
        "client_name": "Gemini CLI MCP Client",
        "redirect_uris": ["http://localhost:7777/oauth/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "scope": "",
    },
    "MCP Inspector": {
        "client_name": "MCP Inspector",
        "client_uri": "https://github.com/modelcontextprotocol/inspector",
        "redirect_uris": ["http://localhost:6274/oauth/callback", "http://127.0.0.1:6276/oauth/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
    },
    "ChatGPT": {
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "client_secret_post",
    },
}


def is_refused(response: Response, error: str, *words: str) -> bool:
    """Whether `response` is an error as RFC 7591 section 3.2.2 has it, and no row was written."""
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert response["Cache-Control"] == "no-store"
    told = response.json()
    assert told["error"] == error, told
    assert all(word in told["error_description"] for word in words), told
    return not Client.objects.exists()


# --- What a client is answered -----------------------------------------------------------------


def test_the_client_of_the_walk_through_is_answered_with_everything_it_needs() -> None:
    response = register()
    client = response.json()
    assert (response.status_code, response["Cache-Control"]) == (201, "no-store")
    assert set(client) == {
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "client_secret_expires_at",
        "client_name",
        "redirect_uris",
        "scope",
        "grant_types",
        "response_types",
        "token_endpoint_auth_method",
        "application_type",
        "registration_client_uri",
        "registration_access_token",
    }
    assert client["client_name"] == "My Test App"
    assert client["redirect_uris"] == [REDIRECT_URI]
    assert client["scope"] == "read write"
    assert client["client_secret_expires_at"] == 0
    assert abs(client["client_id_issued_at"] - time.time()) < 60
    assert client["registration_client_uri"] == f"{ISSUER}/oauth/register/{client['client_id']}"


@pytest.mark.parametrize("document", REAL_CLIENTS.values(), ids=REAL_CLIENTS)
def test_every_real_client_may_register_and_connect(document: dict[str, Any]) -> None:
    response = post_json("/oauth/register", document)
    assert response.status_code == 201, response.content
    client = response.json()
    assert client["client_name"] == document["client_name"]
    assert client["redirect_uris"] == document["redirect_uris"]
    assert client["grant_types"] == BOTH
    method = document.get("token_endpoint_auth_method", "client_secret_basic")
    assert client["token_endpoint_auth_method"] == method
    assert ("client_secret" in client) == (method != "none")
    for redirect_uri in document["redirect_uris"]:
        app = App(client["client_id"], client.get("client_secret", ""), redirect_uri)
        assert app.connect(sign_in())["refresh_token"]


def test_a_client_that_registers_twice_is_two_clients() -> None:
    first, second = register().json(), register().json()
    for name in ("client_id", "client_secret", "registration_access_token"):
        assert first[name] != second[name]


def test_a_client_without_a_secret_is_told_of_none() -> None:
    """RFC 7591 section 3.2.1: client_secret_expires_at is "REQUIRED if "client_secret" is issued."."""
    client = register(token_endpoint_auth_method="none").json()
    assert not {"client_secret", "client_secret_expires_at"} & set(client)


def test_secrets_are_stored_hashed() -> None:
    answered = register().json()
    client = Client.objects.get()
    assert client.client_secret.startswith("random_secret_sha256$")
    assert client.registration_token_checksum == checksum(answered["registration_access_token"])


def test_a_registration_leaves_an_event() -> None:
    answered = register().json()
    event = Event.objects.get(kind=Event.Kind.REGISTRATION)
    assert (event.outcome, event.client_id, event.client_name) == ("ok", answered["client_id"], "My Test App")


def test_the_redirect_uris_are_enough() -> None:
    """RFC 7591 section 2 gives the defaults: authorization_code, code, client_secret_basic."""
    response = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI]})
    client = response.json()
    assert response.status_code == 201
    assert (client["grant_types"], client["response_types"]) == (BOTH, ["code"])
    assert (client["token_endpoint_auth_method"], client["application_type"]) == ("client_secret_basic", "web")
    assert client["scope"] == "read"


@pytest.mark.parametrize("path", ["/oauth/register", "/oauth/register/"])
def test_the_address_may_end_in_a_slash(path: str) -> None:
    assert post_json(path, {"redirect_uris": [REDIRECT_URI]}).status_code == 201


# --- What is narrowed --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("grant_types", [*BOTH, "client_credentials", "password", "implicit"], BOTH),
        ("grant_types", ["refresh_token", "authorization_code"], BOTH),
        ("grant_types", ["authorization_code"], ["authorization_code"]),
        ("response_types", ["code", "token", "code id_token"], ["code"]),
        ("scope", "", "read"),
        ("scope", "write", "write"),
        ("scope", "read admin", "read"),
        ("scope", "openid email profile", "read"),
        ("scope", " offline_access", "read offline_access"),
        ("application_type", "native", "native"),
        ("application_type", "toaster", "web"),
        ("client_uri", "https://app.example.com/", "https://app.example.com/"),
        ("client_uri", "javascript:alert(1)", None),
        ("client_uri", "nonsense", None),
        ("client_uri", "https://app.example.com/" + "a" * 2020, None),
        ("client_uri", "https://claude.ai%E3%80%82evil.example/", None),
        ("client_uri", "https://bücher.example/", None),
        ("client_uri", "https://claude.ai@evil.example/", None),
        ("logo_uri", "https://evil.example./logo.png", None),
        ("logo_uri", "data:image/png;base64,AAAA", None),
        ("client_name", "", None),
        ("client_name", "Bücher & <b>Söhne</b>", "Bücher & <b>Söhne</b>"),
        ("contacts", ["somebody@example.com"], None),
        ("client_id", "chosen-by-the-client", ...),
        ("client_secret", "chosen-by-the-client", ...),
        ("registration_access_token", "chosen-by-the-client", ...),
        ("approved_at", "2026-01-01T00:00:00Z", None),
        ("skip_authorization", True, None),
    ],
)
def test_what_we_do_not_offer_is_narrowed_away(field: str, sent: Any, kept: Any) -> None:
    """RFC 7591 section 2: "The authorization server MUST ignore any client metadata sent by the client that it does
    not understand". `...` stands for a value of ours."""
    response = register(**{field: sent})
    assert response.status_code == 201, response.content
    answered = response.json().get(field)
    if kept is ...:
        assert answered not in (sent, None)
    else:
        assert answered == kept


@pytest.mark.parametrize("attempt", ["client_credentials", "password", "implicit"])
def test_a_grant_without_a_person_is_never_registered(attempt: str) -> None:
    assert is_refused(register(grant_types=[attempt]), "invalid_client_metadata", "grant_types", "authorization_code")


# --- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uris", "words"),
    [
        (None, "required"),
        ([], "At least one"),
        ("http://localhost:8080/callback", "list"),
        ({}, "list"),
        (1, "list"),
        ([1], "string"),
        ([None], "null"),
        ([""], "blank"),
        ([["http://localhost:8080/callback"]], "string"),
        (["http://app.example.com/callback"], "plain http"),
        ([REDIRECT_URI, "javascript:alert(1)"], "scheme"),
        (["https://app.example.com/callback#part"], "fragment"),
        (["https://*.example.com/callback"], "wildcard"),
        (["https://app.example.com@evil.example"], "user information"),
        (["http://localhost:99999/callback"], "not an absolute URI"),
        (["http://[::1"], "not an absolute URI"),
        (["/callback"], "not an absolute URI"),
        (["https://evil%2Eexample/cb"], "percent-encoded"),
        (["https://evil.example./cb"], "ends with a dot"),
        (["https://claude.ai%E3%80%82evil2.example/cb"], "xn--"),
        (["https://bücher.example/cb"], "xn--"),
        (["https://127.1/cb"], "127.0.0.1"),
        ([f"{REDIRECT_URI} https://evil.example"], "not an absolute URI"),
        ([f"https://app.example.com/{number}" for number in range(21)], "at most 20"),
        (["https://app.example.com/" + "a" * 2000], "2000"),
    ],
)
def test_a_bad_redirect_uri_is_refused(uris: Any, words: str) -> None:
    """RFC 7591 section 3.2.2: invalid_redirect_uri."""
    document = {"client_name": "My Test App", **({} if uris is None else {"redirect_uris": uris})}
    assert is_refused(post_json("/oauth/register", document), "invalid_redirect_uri", words)


def test_null_is_no_list_of_redirect_uris() -> None:
    assert is_refused(post_json("/oauth/register", {"redirect_uris": None}), "invalid_redirect_uri", "null")


def test_twenty_redirect_uris_may_be_registered() -> None:
    assert register(redirect_uris=[f"https://app.example.com/{number}" for number in range(20)]).status_code == 201


def test_a_private_use_scheme_is_for_clients_without_a_secret() -> None:
    app = ["com.example.app:/callback"]
    assert is_refused(register(redirect_uris=app), "invalid_redirect_uri", "token_endpoint_auth_method none")
    assert register(redirect_uris=app, token_endpoint_auth_method="none").status_code == 201


def test_the_refusal_of_a_scheme_names_the_setting_that_would_allow_it(settings: Settings) -> None:
    document = {"redirect_uris": ["myapp://callback"], "token_endpoint_auth_method": "none"}
    assert is_refused(register(**document), "invalid_redirect_uri", "PRIVATE_SCHEMES")
    settings.PRIVATE_SCHEMES = ["myapp"]
    assert register(**document).status_code == 201


TEXT_FIELDS = ["client_name", "client_uri", "logo_uri", "scope", "token_endpoint_auth_method", "application_type"]


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], ["text"], {}], ids=repr)
def test_a_text_of_another_type_is_refused(field: str, value: Any) -> None:
    response = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI], field: value})
    assert is_refused(response, "invalid_client_metadata", field)


@pytest.mark.parametrize("field", ["grant_types", "response_types"])
@pytest.mark.parametrize("value", [None, 1, True, "code", [], [1], [None], [[]], {}, ["nonsense"]], ids=repr)
def test_a_list_of_another_type_is_refused(field: str, value: Any) -> None:
    response = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI], field: value})
    assert is_refused(response, "invalid_client_metadata", field)


@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth", "", "None"])
def test_an_unknown_authentication_method_is_refused_with_those_there_are(method: str) -> None:
    assert is_refused(register(token_endpoint_auth_method=method), "invalid_client_metadata")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("My\n\tApp", "My App"),
        ("My\x1b\x7fApp", "MyApp"),
        ("ppA\u202eyM", "ppAyM"),
        ("Clau\U000e0041\u200bde", "Claude"),
        ("Claude \u2714 Verified", "Claude"),
        ("\u3164 \u200b\u2800", None),
        ("\u2714 Verified", None),
    ],
    ids=ascii,
)
def test_a_name_loses_what_is_not_seen_and_what_it_claims(sent: str, kept: str | None) -> None:
    response = register(client_name=sent)
    assert response.status_code == 201
    assert response.json().get("client_name") == kept
    assert Client.objects.get().name == (kept or "")


def test_a_long_name_is_refused_before_it_is_read() -> None:
    assert is_refused(register(client_name="x" * 256), "invalid_client_metadata", "client_name", "255")
    assert is_refused(register(client_name="\u200b" * 9_000), "invalid_client_metadata", "client_name", "255")


@pytest.mark.parametrize(
    "name", ["x" * 255, "Ünïcödé", "日本語アプリ", "تطبيق", "App 👩💻 Studio", "Verified Permissions Explorer"]
)
def test_a_name_may_be_in_any_language(name: str) -> None:
    assert register(client_name=name).json()["client_name"] == name


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b'"text"', b"[" * 60_000, b'{"a": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    response = Browser().post("/oauth/register", body, content_type="application/json")
    assert is_refused(response, "invalid_client_metadata")


def test_a_refusal_leaves_an_event_with_its_reason() -> None:
    register(redirect_uris=["http://app.example.com/callback"])
    event = Event.objects.get(kind=Event.Kind.REGISTRATION)
    assert (event.outcome, event.reason) == ("refused", "invalid_redirect_uri")
    assert "plain http" in event.detail


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_allowed(method: str) -> None:
    response = getattr(Browser(), method)("/oauth/register")
    assert (response.status_code, response["Content-Type"]) == (405, "application/json")
    assert "POST" in response["Allow"]


# --- Managing it (RFC 7592) --------------------------------------------------------------------


class Registration:
    """A registered client together with what manages it."""

    def __init__(self, **metadata: Any) -> None:
        self.answer = register(**metadata).json()
        self.client_id = self.answer["client_id"]
        self.path = self.answer["registration_client_uri"].removeprefix(ISSUER)
        self.token = self.answer["registration_access_token"]

    def send(self, method: str, document: Any = None, *, authorization: str | None = None) -> Response:
        header = f"Bearer {self.token}" if authorization is None else authorization
        body = "" if document is None else json.dumps(document)
        headers = {"Authorization": header} if header else {}
        return Browser().generic(method, self.path, body, content_type="application/json", headers=headers)

    def update(self, **changes: Any) -> Response:
        known = {name: self.answer[name] for name in ("client_id", "client_name", "redirect_uris", "scope")}
        method = self.answer["token_endpoint_auth_method"]
        return self.send("PUT", {**known, "token_endpoint_auth_method": method, **changes})


@pytest.fixture
def registration() -> Registration:
    return Registration()


def test_a_client_may_read_what_is_registered(registration: Registration) -> None:
    response = registration.send("GET")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    shown_once = {"client_secret", "client_secret_expires_at", "registration_access_token"}
    assert response.json() == {name: value for name, value in registration.answer.items() if name not in shown_once}


def test_a_client_may_replace_what_is_registered(registration: Registration) -> None:
    uris = ["https://app.example.com/callback"]
    response = registration.update(client_name="Another name", redirect_uris=uris, scope="read")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == registration.send("GET").json()
    client = Client.objects.get()
    assert (client.name, client.redirect_uris, client.scope) == ("Another name", uris[0], "read")


def test_what_an_update_leaves_out_is_gone() -> None:
    """RFC 7592 section 2.2: "Omitted fields MUST be treated as null or empty values by the server, indicating the
    client's request to delete them from the client's registration."."""
    registration = Registration(client_uri="https://app.example.com/")
    assert "client_uri" not in registration.update().json()


def test_the_secret_works_on_after_an_update(registration: Registration) -> None:
    registration.update(client_name="Another name", token_endpoint_auth_method="client_secret_post")
    app = App(registration.client_id, registration.answer["client_secret"])
    assert app.connect()["access_token"]


@pytest.mark.parametrize("client_id", [None, "another", 1])
def test_an_update_must_name_its_client(registration: Registration, client_id: Any) -> None:
    """RFC 7592 section 2.2: "The client MUST include its "client_id" field in the request, and it MUST be the same
    as its currently issued client identifier."."""
    response = registration.update(client_id=client_id)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"client_name": "x" * 256}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://evil%2Eexample/cb"]}, "invalid_redirect_uri"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
    ],
)
def test_a_refused_update_changes_nothing(registration: Registration, changes: dict[str, Any], error: str) -> None:
    before = Client.objects.values().get()
    response = registration.update(**{"client_name": "Another name", **changes})
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert Client.objects.values().get() == before


def test_a_client_without_a_secret_cannot_gain_one() -> None:
    registration = Registration(token_endpoint_auth_method="none")
    assert registration.update(token_endpoint_auth_method="client_secret_basic").status_code == 400
    assert Client.objects.get().is_public


def test_a_client_may_deregister_and_takes_its_tokens_along(registration: Registration) -> None:
    """RFC 7592 section 2.3: "the authorization server SHOULD immediately invalidate all existing authorization
    grants and currently active access tokens, all refresh tokens, and other tokens associated with this client."."""
    App(registration.client_id, registration.answer["client_secret"]).connect()
    response = registration.send("DELETE")
    assert (response.status_code, response.content) == (204, b"")
    assert not any(model._base_manager.exists() for model in (Client, Authorization, AccessToken))
    assert Event.objects.filter(client_id=registration.client_id, action="DELETE").exists()
    assert registration.send("GET").status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_else_may_manage_a_client(registration: Registration, method: str) -> None:
    other = Registration()
    before = Client.objects.order_by("pk").values_list()
    for authorization in ("", "Bearer", "Bearer wrong", f"Basic {registration.token}", f"Bearer {other.token}"):
        response = registration.send(method, {"client_id": registration.client_id}, authorization=authorization)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token"), authorization
        assert response["WWW-Authenticate"].startswith("Bearer ")
        assert response["Cache-Control"] == "no-store"
    assert list(Client.objects.order_by("pk").values_list()) == list(before)


def test_an_unknown_client_is_told_apart_from_a_wrong_token_by_nothing(registration: Registration) -> None:
    wrong = registration.send("GET", authorization="Bearer wrong")
    registration.path = "/oauth/register/unknown"
    unknown = registration.send("GET")
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


def test_a_client_made_in_admin_has_nothing_that_manages_it(registration: Registration) -> None:
    Client.objects.update(registration_token_checksum="")
    assert registration.send("GET").status_code == 401
    assert registration.send("GET", authorization="Bearer ").status_code == 401


@pytest.mark.parametrize("secret", ["", "wrong", None, 5])
def test_an_update_with_another_secret_is_refused(secret: Any) -> None:
    """RFC 7592 section 2.2: "If the client includes the "client_secret" field in the request, the value of this field
    MUST match the currently issued client secret for that client"."""
    registered = register().json()
    update = {"client_id": registered["client_id"], "redirect_uris": registered["redirect_uris"]}
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    path = f"/oauth/register/{registered['client_id']}"
    refused = Browser().put(path, {**update, "client_secret": secret}, "application/json", headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    right = {**update, "client_secret": registered["client_secret"]}
    assert Browser().put(path, right, "application/json", headers=headers).status_code == 200


@pytest.mark.parametrize("uri", ["https://evil%2Eexample/keys", "https://evil.example./keys", "https://127.1/keys"])
def test_keys_are_at_an_address_that_is_read_in_one_way(uri: str) -> None:
    response = register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri)
    assert is_refused(response, "invalid_client_metadata", "jwks_uri")


def test_an_updated_name_loses_what_it_claims_too() -> None:
    registration = Registration()
    assert registration.update(client_name="Claude (Official)").json()["client_name"] == "Claude"
