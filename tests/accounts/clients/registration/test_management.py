"""Management of a registration by its client (RFC 7592)."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Client, Event
from tests.support.flows import ISSUER, App, Response, register

pytestmark = pytest.mark.django_db


class Registration:
    """A registered client with its registration access token."""

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
    """RFC 7592 section 3: registration_client_uri and registration_access_token are required in each response."""
    response = registration.send("GET")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    shown_once = {"client_secret", "client_secret_expires_at"}
    assert response.json() == {name: value for name, value in registration.answer.items() if name not in shown_once}


def test_a_client_may_replace_what_is_registered(registration: Registration) -> None:
    uris = ["https://app.example.com/callback"]
    response = registration.update(client_name="Another name", redirect_uris=uris, scope="read")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == registration.send("GET").json()
    assert response.json()["registration_access_token"] == registration.token
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
        ({"client_name": 5}, "invalid_client_metadata"),
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
def test_no_other_token_manages_a_client(registration: Registration, method: str) -> None:
    other = Registration()
    before = Client.objects.order_by("pk").values_list()
    for authorization in ("", "Bearer", "Bearer wrong", f"Basic {registration.token}", f"Bearer {other.token}"):
        response = registration.send(method, {"client_id": registration.client_id}, authorization=authorization)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token"), authorization
        assert response["WWW-Authenticate"].startswith("Bearer ")
        assert response["Cache-Control"] == "no-store"
    assert list(Client.objects.order_by("pk").values_list()) == list(before)


def test_an_unknown_client_and_a_wrong_token_get_the_same_answer(registration: Registration) -> None:
    wrong = registration.send("GET", authorization="Bearer wrong")
    registration.path = "/oauth/register/unknown"
    unknown = registration.send("GET")
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


def test_a_client_made_in_admin_has_nothing_that_manages_it(registration: Registration) -> None:
    Client.objects.update(registration_token_checksum="")
    assert registration.send("GET").status_code == 401
    assert registration.send("GET", authorization="Bearer ").status_code == 401


@pytest.mark.parametrize("secret", ["", "wrong", 5])
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


def test_an_updated_name_loses_claims_too() -> None:
    registration = Registration()
    assert registration.update(client_name="Claude (Official)").json()["client_name"] == "Claude"
