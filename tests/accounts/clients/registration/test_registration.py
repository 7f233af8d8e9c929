"""Registration of clients (RFC 7591): what a client is answered, and what is narrowed."""

import time
from typing import Any

import pytest

from accounts.crypto.token_values import checksum
from accounts.models import Client, Event
from tests.support.flows import ISSUER, REDIRECT_URI, App, post_json, register, sign_in
from tests.support.oauth.registration_requests import BOTH, REAL_CLIENTS, is_refused

pytestmark = pytest.mark.django_db


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
    assert client["grant_types"] == document.get("grant_types", BOTH)
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


def test_the_answer_to_a_public_client_contains_no_secret() -> None:
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
def test_unsupported_metadata_is_narrowed(field: str, sent: Any, kept: Any) -> None:
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
