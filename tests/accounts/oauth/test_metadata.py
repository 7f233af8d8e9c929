"""The metadata documents of the servers: their exact contents and their paths."""

from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from tests.support.flows import App, answer, ask, returned, sign_in

AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
PUBLIC_URLS = [
    "http://localhost",
    "http://localhost:9000",
    "http://127.0.0.1:9000",
    "http://[::1]:9000",
    "https://mcp.example.com",
    "https://mcp.example.com:8443",
]
BOTH = ["authorization_code", "refresh_token"]
METHODS = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
ALGORITHMS = "token_endpoint_auth_signing_alg_values_supported"

pytestmark = pytest.mark.django_db


def document(path: str, **headers: str) -> dict[str, Any]:
    response = Browser().get(path, headers=headers)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return response.json()


def test_the_authorization_server_states_exactly_what_it_does() -> None:
    """RFC 8414 section 2."""
    stated = document(AUTHORIZATION_SERVER)
    signed_by = stated.pop(ALGORITHMS)
    assert "none" not in signed_by
    assert sorted(stated.pop("dpop_signing_alg_values_supported")) == sorted(signed_by)
    assert stated.pop("revocation_endpoint_auth_signing_alg_values_supported") == signed_by
    assert stated == {
        "issuer": "http://localhost",
        "authorization_endpoint": "http://localhost/oauth/authorize",
        "token_endpoint": "http://localhost/oauth/token",
        "device_authorization_endpoint": "http://localhost/oauth/device_authorization",
        "registration_endpoint": "http://localhost/oauth/register",
        "client_id_metadata_document_supported": True,
        "revocation_endpoint": "http://localhost/oauth/revoke",
        "introspection_endpoint": "http://localhost/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "introspection_signing_alg_values_supported": ["ES256"],
        "jwks_uri": "http://localhost/oauth/jwks",
        "scopes_supported": ["read", "write", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "protected_resources": ["http://localhost/mcp"],
    }


def test_the_protected_resource_states_where_its_tokens_come_from() -> None:
    """RFC 9728 section 2. The authorization server's own offline_access is none of its scopes."""
    stated = document(f"{PROTECTED_RESOURCE}/mcp")
    assert stated.pop("dpop_signing_alg_values_supported")[0] == "ES256"
    assert stated == {
        "resource": "http://localhost/mcp",
        "resource_name": "OAuth MCP Server",
        "authorization_servers": ["http://localhost"],
        "scopes_supported": ["read", "write"],
        "bearer_methods_supported": ["header"],
        "dpop_bound_access_tokens_required": False,
    }


@pytest.mark.parametrize(
    "path", [PROTECTED_RESOURCE, f"{PROTECTED_RESOURCE}/", f"{PROTECTED_RESOURCE}/mcp", f"{PROTECTED_RESOURCE}/mcp/"]
)
def test_the_resources_document_is_found_with_and_without_its_path(path: str) -> None:
    assert document(path) == document(f"{PROTECTED_RESOURCE}/mcp")


def test_the_authorization_servers_document_is_found_with_a_slash() -> None:
    assert document(f"{AUTHORIZATION_SERVER}/") == document(AUTHORIZATION_SERVER)


@pytest.mark.parametrize("public_url", PUBLIC_URLS)
@pytest.mark.parametrize("host", ["testserver", "localhost:9000"])
def test_the_issuer_is_public_url_byte_for_byte(settings: Settings, public_url: str, host: str) -> None:
    """RFC 8414 section 3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer
    identifier value"; RFC 9207 section 2.4 compares `iss` with it by simple string comparison."""
    settings.PUBLIC_URL = public_url
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "OIDC_ISS_ENDPOINT": public_url}
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]

    assert document(AUTHORIZATION_SERVER, host=host)["issuer"] == public_url
    resource = document(f"{PROTECTED_RESOURCE}/mcp", host=host)
    assert resource["authorization_servers"] == [public_url]
    assert resource["resource"] == f"{public_url}/mcp"
    browser, app = sign_in(), App.register()
    for decision in ("cancel", "approve"):
        assert returned(answer(browser, ask(browser, app), decision))["iss"] == public_url


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "localhost"])
def test_without_a_public_url_the_documents_follow_the_loopback_host(settings: Settings, host: str) -> None:
    """Only DEBUG may leave it out (accounts.E002)."""
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "", ["localhost", "127.0.0.1", "[::1]"]
    server = document(AUTHORIZATION_SERVER, host=host)
    assert server["issuer"] == f"http://{host}"
    assert server["token_endpoint"] == f"http://{host}/oauth/token"
    resource = document(PROTECTED_RESOURCE, host=host)
    assert (resource["resource"], resource["authorization_servers"]) == (f"http://{host}/mcp", [f"http://{host}"])


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
        # Its issuer would have to be the MCP endpoint (RFC 8414 section 3.3).
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/oauth-authorization-server/another",
        "/.well-known/oauth-protected-resource/another",
        "/.well-known/oauth-protected-resource/mcp/more",
        "/.well-known/jwks.json",
        "/.well-known/mcp.json",
        "/.well-known/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_other_document_is_found(path: str, method: str) -> None:
    """Some clients accept HTML with status 200 on any well-known path as an answer."""
    response = getattr(Browser(), method)(path)
    assert response.status_code == 404
    assert (response["Content-Type"], response.json()["error"]) == ("application/json", "not_found")
    if path.startswith("/.well-known/"):
        assert f"The metadata is at http://localhost{AUTHORIZATION_SERVER}." in response.json()["error_description"]


@pytest.mark.parametrize("path", [AUTHORIZATION_SERVER, f"{PROTECTED_RESOURCE}/mcp"])
def test_head_is_answered_like_get_without_the_body(path: str) -> None:
    response = Browser().head(path)
    assert (response.status_code, response["Content-Type"], response.content) == (200, "application/json", b"")


@pytest.mark.parametrize("path", [AUTHORIZATION_SERVER, f"{PROTECTED_RESOURCE}/mcp"])
def test_options_says_what_is_allowed(path: str) -> None:
    response = Browser().options(path)
    assert response.status_code == 200
    assert set(response["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", [AUTHORIZATION_SERVER, f"{PROTECTED_RESOURCE}/mcp"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_documents_are_read_and_nothing_else(path: str, method: str) -> None:
    response = getattr(Browser(), method)(path)
    assert (response.status_code, response["Content-Type"]) == (405, "application/json")
    assert "GET" in response["Allow"]


# --- Browsers: clients that run in a page ------------------------------------------------------

ORIGIN = "http://localhost:6274"
OPEN = [AUTHORIZATION_SERVER, f"{PROTECTED_RESOURCE}/mcp", "/oauth/register", "/oauth/token", "/oauth/revoke"]


@pytest.mark.parametrize("path", OPEN)
def test_every_origin_may_ask_first(path: str) -> None:
    """A preflight (Fetch standard): the wildcard does not cover Authorization, so the header is named."""
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version",
    }
    response = Browser().options(path, headers=headers)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] in (ORIGIN, "*")
    allowed = {name.strip().lower() for name in response["Access-Control-Allow-Headers"].split(",")}
    assert {"*", "authorization"} <= allowed
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_origin_may_read_the_answer_even_a_refusal(path: str, method: str) -> None:
    response = getattr(Browser(), method)(path, headers={"Origin": ORIGIN})
    assert response["Access-Control-Allow-Origin"] in (ORIGIN, "*")
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", ["/", "/oauth/authorize", "/accounts/login/", "/admin/login/"])
def test_no_other_origin_may_read_the_pages_for_people(path: str) -> None:
    assert "Access-Control-Allow-Origin" not in Browser().get(path, headers={"Origin": ORIGIN})
