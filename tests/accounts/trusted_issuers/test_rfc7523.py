"""The example of RFC 7523 sections 2.1 and 4: an assertion as a grant, at the token endpoint.

The operator has entered what section 5 leaves to an agreement: the issuer with its keys and its audience, the client,
and a rule for the subject. An assertion without the `typ` of an ID-JAG is a workload's, so the subject, an email
address, is a service person here.
"""

import json
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import AccessToken, Event, UsedAssertion, User, WorkloadRule
from tests.support.documents import DocumentServer, serving_documents
from tests.support.factories import make_user
from tests.support.flows import App, Response
from tests.support.oauth import rfc7523
from tests.support.oauth.dpop import Prover
from tests.support.oauth.trusted_issuers import Signer, is_refused, trust

pytestmark = pytest.mark.django_db

HOST = "authz.example.net"
HEADER = '{"alg":"ES256","kid":"16"}'
CLAIMS = """{"iss":"https://jwt-idp.example.com",
 "sub":"mailto:mike@example.com",
 "aud":"https://jwt-rp.example.net",
 "nbf":1300815780,
 "exp":1300819380,
 "http://claims.example.com/member":true}"""
NOT_BEFORE, EXPIRES = 1300815780, 1300819380
LEEWAY_SECONDS = 60
JWKS_URI = "https://jwt-idp.example.com/jwks.json"
PRINTED = (
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    "&assertion=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3Mi"
)


@pytest.fixture
def documents() -> Iterator[DocumentServer]:
    cache.clear()
    with serving_documents() as server:
        yield server
    cache.clear()


@pytest.fixture
def key() -> Prover:
    return Prover()


@pytest.fixture
def mike(db: None) -> User:
    return make_user("mike", is_service=True)


@pytest.fixture
def client(documents: DocumentServer, key: Prover, mike: User) -> App:
    """The client of the request, which need not authenticate, with all that the operator has agreed on."""
    documents.documents[JWKS_URI] = rfc7523.published(key, "16")
    app = App(App.by_hand(token_endpoint_auth_method="none").client_id)
    agreed = {"use": "workload", "audience": "https://jwt-rp.example.net", "jwks": None, "jwks_uri": JWKS_URI}
    row = trust(Signer("https://jwt-idp.example.com", key), app, **agreed)
    WorkloadRule.objects.create(issuer=row, claims={"sub": "mailto:mike@example.com"}, user=mike, scope="read")
    return app


@pytest.fixture(autouse=True)
def on_that_day(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    rfc7523.serve_at(settings, HOST)
    rfc7523.move_clock(monkeypatch, NOT_BEFORE + 60)


def request_of(key: Prover, claims: str = CLAIMS) -> str:
    assertion = rfc7523.sign(HEADER, claims, key)
    return f"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"


def ask(body: str, client: App) -> Response:
    """Send the request of the example. This server demands the client_id of each token request besides."""
    return rfc7523.post(HOST, "/oauth/token", f"{body}&client_id={client.client_id}")


def test_request_begins_as_it_is_printed(key: Prover) -> None:
    assert request_of(key).startswith(PRINTED)
    assert json.loads(CLAIMS)["http://claims.example.com/member"] is True


def test_assertion_of_the_example_gets_a_token_that_calls_a_tool(key: Prover, client: App, mike: User) -> None:
    response = ask(request_of(key), client)
    assert response.status_code == 200, response.content
    assert (response.json()["token_type"], response.json()["scope"]) == ("Bearer", "read")
    assert AccessToken.objects.get().user == mike
    assert "mike" in call_tool(response.json()["access_token"])


def call_tool(token: str) -> str:
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_user_info", "arguments": {}}}
    headers = {"Host": HOST, "Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    text: str = Browser().post("/mcp", called, content_type="application/json", secure=True, headers=headers).text
    return text


def test_the_example_names_no_client_which_this_server_demands(key: Prover, client: App) -> None:
    """RFC 7521 section 4.1: authentication of the client "is optional"; without a client_id there is no such client."""
    assert is_refused(rfc7523.post(HOST, "/oauth/token", request_of(key)), "invalid_request")


def test_assertion_of_the_example_is_accepted_once(key: Prover, client: App) -> None:
    """It has no `jti`, so what is signed identifies it."""
    body = request_of(key)
    assert [ask(body, client).status_code for _ in range(2)] == [200, 400]
    assert UsedAssertion.objects.count() == 1


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (NOT_BEFORE - LEEWAY_SECONDS - 1, 400),
        (NOT_BEFORE - LEEWAY_SECONDS, 200),
        (EXPIRES + LEEWAY_SECONDS - 1, 200),
        (EXPIRES + LEEWAY_SECONDS, 400),
    ],
)
def test_assertion_of_the_example_is_accepted_from_nbf_to_exp(
    key: Prover, client: App, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    """RFC 7523 section 3: "The authorization server MUST reject any JWT with an expiration time that has passed,
    subject to allowable clock skew between systems"."""
    rfc7523.move_clock(monkeypatch, seconds)
    response = ask(request_of(key), client)
    assert response.status_code == status, response.content
    assert status == 200 or is_refused(response)


def test_each_claim_of_the_example_that_the_server_compares_must_be_as_printed(key: Prover, client: App) -> None:
    for printed in ("jwt-idp.example.com", "mike@example.com", "jwt-rp.example.net"):
        assert is_refused(ask(request_of(key, CLAIMS.replace(printed, "other.example")), client)), printed
    reasons = set(Event.objects.filter(outcome="refused").values_list("reason", flat=True))
    assert reasons == {"untrusted_issuer", "unmatched_workload", "invalid_assertion"}


def test_the_example_with_the_signature_of_another_key_is_refused(client: App) -> None:
    response = ask(request_of(Prover()), client)
    assert is_refused(response)
    assert "signature" in response.json()["error_description"]
