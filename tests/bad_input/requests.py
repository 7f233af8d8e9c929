"""A person with a connected client, the requests that this client would send, and the sending of one."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from django.test import Client as Browser

from accounts.crypto.token_values import checksum
from accounts.models import Client, RefreshToken, User
from config.http.bodies import SMALL_OCTETS
from tests.bad_input.responses import described
from tests.support.factories import PASSWORD, make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.oauth.pkce import CHALLENGE, VERIFIER

RESOURCE = "http://localhost/mcp"
REDIRECT_URI = "http://localhost:8080/callback"
SECRET = "the secret of the test client"


@dataclass
class World:
    """A person with a connected client, and everything that this client knows."""

    person: User
    client: Client
    access_token: str
    refresh_token: str = "a refresh token of the test client"
    code: str = "a code of the test client"
    registration_token: str = "a registration access token"

    @property
    def registration_path(self) -> str:
        return f"/oauth/register/{self.client.client_id}"

    def authorization_request(self, **changes: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": REDIRECT_URI,
            "state": "random123",
            "scope": "read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": RESOURCE,
            **changes,
        }

    def code_request(self) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client.client_id,
            "client_secret": SECRET,
            "code_verifier": VERIFIER,
            "resource": RESOURCE,
        }

    def refresh_request(self) -> dict[str, str]:
        return {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": self.client.client_id,
            "client_secret": SECRET,
            "scope": "read",
            "resource": RESOURCE,
        }

    def revocation_request(self) -> dict[str, str]:
        return {
            "token": self.access_token,
            "token_type_hint": "access_token",
            "client_id": self.client.client_id,
            "client_secret": SECRET,
        }


def make_world() -> World:
    person = make_user(password=PASSWORD)
    client = make_client(client_secret=SECRET, registration_token_checksum=checksum(World.registration_token))
    authorization = make_authorization(person, client)
    _, refresh, raw = make_tokens(authorization, resource=RESOURCE)
    RefreshToken.objects.filter(pk=refresh.pk).update(token_checksum=checksum(World.refresh_token))
    make_grant(authorization, World.code, resource=RESOURCE)
    return World(person, client, raw)


def send(
    browser: Browser,
    method: str,
    path: str,
    body: bytes | str = b"",
    content_type: str = "",
    **headers: str,
) -> Any:
    """One request as it would come over the wire: `path` is percent-encoded already."""
    path, _, query = path.partition("?")
    address: dict[str, Any] = {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": on_the_wire(query),
    }
    data = body.encode() if isinstance(body, str) else body
    sent = {name.replace("_", "-"): on_the_wire(value) for name, value in headers.items()}
    response = browser.generic(method, "/", data, on_the_wire(content_type), headers=sent, **address)
    assert response.status_code < 500, described(response)
    return response


def on_the_wire(text: str) -> str:
    """`text` as WSGI hands it over, its bytes as Latin-1 (PEP 3333)."""
    return text if all(ord(character) < 256 for character in text) else text.encode().decode("latin-1")


def form(parameters: dict[str, str], **encoded: str) -> str:
    """`parameters` as a form, with the `encoded` ones put in as they stand."""
    plain = {name: value for name, value in parameters.items() if name not in encoded}
    return "&".join([urlencode(plain), *(f"{name}={value}" for name, value in encoded.items())])


def statuses_of(body: bytes | str, *statuses: int) -> tuple[int, ...]:
    """Return `statuses`, unless the `body` is larger than any that the authorization server reads."""
    return (413,) if len(body) > SMALL_OCTETS else statuses


def is_long(value: Any) -> bool:
    """Return whether a name or an id is larger than any that is looked up (mcp_api/protocol/input_limits.py)."""
    return len(value) > 256 if isinstance(value, str) else isinstance(value, int) and abs(value) >= 2**128


MACHINE_FORMS = ("/oauth/token", "/oauth/revoke")

METADATA = {"client_name": "An app", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
FIELDS = (
    "redirect_uris",
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "application_type",
    "jwks_uri",
    "jwks",
    "token_endpoint_auth_signing_alg",
)


def rpc(**members: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, **members})


META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}

DOCUMENTS = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)
