"""docs/machine-access.md and docs/company-sign-on.md: their commands, as written, lead to calls of a tool."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.manual.commands import commands_of, run
from tests.support.oauth.dpop import Prover, rsa_key
from tests.support.oauth.http_client import App
from tests.support.oauth.trusted_issuers import GITHUB, Signer
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

FORGET = """
Client.objects.filter(name="Nightly report").delete()
User.objects.filter(username="reports").delete()
"""
# What the page's steps before the workflow are done by, in admin.
AGREE = """
from tests.support.factories import make_client, make_user
from accounts.models import TrustedIssuer, WorkloadRule
TrustedIssuer.objects.filter(issuer={issuer!r}).delete()
User.objects.filter(username="deployer").delete()
client = make_client(name="CI", token_endpoint_auth_method="none")
row = TrustedIssuer(name="GitHub", issuer={issuer!r}, jwks={jwks!r}, algorithms="RS256", scope="read", use="workload")
row.full_clean()
row.save()
row.clients.add(client)
person = make_user("deployer", is_service=True)
WorkloadRule.objects.create(issuer=row, claims={claims!r}, user=person, scope="read")
print(client.client_id)
"""
REQUEST_TOKEN = "the job's own"


@pytest.fixture
def without_traces(server: LiveServer) -> Iterator[None]:
    server.shell(FORGET)
    yield
    server.shell(FORGET)


def called_as(server: LiveServer, token: str, name: str) -> bool:
    response = App(server, "", "").call_tool(token, "get_user_info")
    return response.status_code == 200 and name in response.text


def token_by_secret(server: LiveServer, client_id: str, secret: str) -> str:
    [curl] = commands_of("agents.md", "client_credentials")
    answer = json.loads(run(curl, server, CLIENT_ID=client_id, CLIENT_SECRET=secret))
    token: str = answer["access_token"]
    return token


@pytest.mark.usefixtures("without_traces")
def test_client_of_the_page_calls_a_tool_before_and_after_its_secret_is_rotated(
    server: LiveServer, tmp_path: Path
) -> None:
    [block] = commands_of("machine-access.md", "create_client")
    by_secret, by_key, rotate, rotate_keys = block.splitlines()
    made = json.loads(run(by_secret, server))
    former = made["client_secret"]
    assert called_as(server, token_by_secret(server, made["client_id"], former), "reports")

    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [Prover().jwk]}))
    by_keys = run(f"{by_key.replace('keys.json', str(keys))} --json", server)
    assert "client_secret" not in by_keys
    keys.write_text(json.dumps({"keys": [Prover().jwk]}))
    client_id = json.loads(by_keys)["client_id"]
    replaced = run(rotate_keys.replace("keys.json", str(keys)).replace("CLIENT_ID", client_id), server)
    assert "Replaced the keys: 1 new, 1 removed, 0 kept." in replaced

    rotated = run(rotate.replace("CLIENT_ID", made["client_id"]), server)
    fresh = rotated.removeprefix("client_secret: ").split()[0]
    assert fresh != former
    for secret in (former, fresh):
        assert called_as(server, token_by_secret(server, made["client_id"], secret), "reports")


def test_workflow_of_the_page_calls_a_tool_as_the_service_person_of_the_rule(server: LiveServer) -> None:
    signer = Signer(GITHUB, Prover(rsa_key(), "RS256"))
    [rule] = commands_of("company-sign-on.md", "repository: ")
    claims = dict(line.split(": ") for line in rule.splitlines())
    client_id = server.shell(AGREE.format(issuer=GITHUB, jwks=signer.jwks, claims=claims))
    [workflow] = commands_of("company-sign-on.md", "ACTIONS_ID_TOKEN_REQUEST_URL")
    with platform(signer, claims) as url:
        values = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN}
        token = run(f'{workflow}\nprintf %s "$token"', server, CLIENT_ID=client_id, **values)
    assert called_as(server, token, "deployer")


@contextmanager
def platform(signer: Signer, claims: dict[str, str]) -> Iterator[str]:
    """Serve what a job of GitHub Actions asks for its token; yields the address with the query that GitHub's has."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_job = self.headers["Authorization"] == f"Bearer {REQUEST_TOKEN}"
            audience = parse_qs(urlsplit(self.path).query)["audience"][0]
            body = json.dumps({"value": signer.workload(aud=audience, **claims)}).encode()
            self.send_response(200 if is_job else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing: a test's output is for its failures."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/token?api-version=2.0"
        listening.shutdown()
