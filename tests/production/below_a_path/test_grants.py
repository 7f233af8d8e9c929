"""Below a path: what names the server by its issuer, and what comes back to it. Without a proxy, on both databases."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest

from accounts.client_credentials.assertions import ASSERTION_TYPE
from tests.production.below_a_path.proxies import PATH
from tests.streams.wire import Wire
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.oauth.dpop import Prover
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.oauth.identity_provider import Provider
from tests.support.oauth.live_issuers import Connection
from tests.support.people.browser import FormReader, Person
from tests.support.servers.server import WORKER, LiveServer
from tests.task_runs.conftest import TaskWire

BILLING, LEDGER = "https://billing.example.com/mcp", "https://ledger.example.com/mcp"
RESOURCES = f"""
from accounts.client_credentials.secrets import generate
for identifier, token_format in (({BILLING!r}, "jwt"), ({LEDGER!r}, "opaque")):
    row = ProtectedResource(identifier=identifier, name=identifier, scope="read", token_format=token_format)
    secret = generate(row)
    row.save()
print(row.client_id, secret)
"""
MACHINE = """
from tests.support.factories import make_client, make_user
client = make_client(
    client_id="signer", redirect_uris="", grant_types="client_credentials",
    token_endpoint_auth_method="private_key_jwt", jwks={{"keys": [{jwk!r}]}},
)
ServiceAccess.objects.create(client=client, user=make_user("robot", is_service=True), scope="read")
"""


class ServerBelow(LiveServer):
    @property
    def url(self) -> str:
        return super().url + PATH


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(template: Template, provider: Provider) -> Iterator[ServerBelow]:
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.production.below_a_path.settings",
        "GUNICORN_CMD_ARGS": f"--worker-class {WORKER}",
        "TOOL_PREFIXES": "tests.task_runs=task_",
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": "us",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_SIGN_UP": "true",
    }
    application = "config.asgi" if WORKER == "asgi" else "config.wsgi"
    with ServerBelow(template, workers=1, application=application, env=env) as running:
        yield running


def root_of(server: LiveServer) -> str:
    return server.url.removesuffix(PATH)


def metadata(server: LiveServer) -> dict[str, Any]:
    document: dict[str, Any] = httpx2.get(f"{root_of(server)}/.well-known/oauth-authorization-server{PATH}").json()
    return document


def test_tokens_for_other_servers_are_from_the_issuer_with_the_path(server: ServerBelow) -> None:
    client_id, secret = server.shell(RESOURCES).split()
    registered = register(server).json()
    app, person = App(server, registered["client_id"], registered["client_secret"]), Person("demo", "demo123")

    def connect(resource: str) -> str:
        code = parameters_of(person.approve(app.authorization_url(resource=resource, scope="read")))["code"]
        return str(app.redeem(code).json()["access_token"])

    token = connect(BILLING)
    assert metadata(server)["jwks_uri"] == f"{server.url}/oauth/jwks"
    keys = {each["kid"]: each for each in httpx2.get(metadata(server)["jwks_uri"]).json()["keys"]}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    jwt.decode(token, jwt.PyJWK.from_dict(key), algorithms=["ES256"], audience=BILLING, issuer=server.url)
    asked = metadata(server)["introspection_endpoint"]
    assert asked == f"{server.url}/oauth/introspect"
    answer = httpx2.post(asked, data={"token": connect(LEDGER)}, auth=(client_id, secret)).json()
    assert (answer["active"], answer["iss"], answer["aud"]) == (True, server.url, LEDGER)


def test_assertion_of_a_client_is_for_the_address_with_the_path(server: ServerBelow) -> None:
    prover, endpoint = Prover(), metadata(server)["token_endpoint"]
    server.shell(MACHINE.format(jwk=prover.jwk))
    for audience, status in (
        (root_of(server), 401),
        (f"{root_of(server)}/oauth/token", 401),
        (server.url, 200),
        (endpoint, 200),
    ):
        claims = {"iss": "signer", "sub": "signer", "aud": audience, "exp": int(time.time()) + 60}
        claims["jti"] = secrets.token_hex(8)
        assertion = jwt.encode(claims, prover.key, algorithm=prover.algorithm)
        sent = {"grant_type": "client_credentials", "client_assertion": assertion}
        answer = httpx2.post(endpoint, data={**sent, "client_assertion_type": ASSERTION_TYPE})
        assert answer.status_code == status, answer.text


def test_assertion_of_a_trusted_issuer_is_for_the_address_with_the_path(server: ServerBelow) -> None:
    company = Connection.make(server)
    for changes in ({"aud": root_of(server)}, {"resource": f"{root_of(server)}/mcp"}):
        assert company.present(company.id_jag(**changes)).status_code == 400
    answer = company.present(company.id_jag())
    assert answer.status_code == 200, answer.text
    assert company.call(answer.json()["access_token"]).status_code == 200


def test_single_sign_on_comes_back_below_the_path(server: ServerBelow, provider: Provider) -> None:
    with httpx2.Client(follow_redirects=True) as browser:
        page = browser.get(f"{server.url}/accounts/login/", params={"next": f"{PATH}/apps/"})
        form = next(form for form in FormReader.read(page.text) if "/oidc/" in form.action)
        address = httpx2.URL(str(page.url)).join(form.action)
        arrived = browser.post(str(address), data=dict(form.fields), headers={"Referer": str(page.url)})
        assert (str(arrived.url), arrived.status_code) == (f"{server.url}/apps/", 200)
    assert provider.asked["redirect_uri"] == [f"{server.url}/accounts/oidc/sso/login/callback/"]


def test_admin_signs_in_and_has_its_files_below_the_path(server: ServerBelow) -> None:
    admin = Person("admin", ADMIN_PASSWORD)
    page = admin.open(f"{server.url}/admin/oauth_mcp/client/?o=1")
    assert (page.status_code, str(page.url)) == (200, f"{server.url}/admin/oauth_mcp/client/?o=1")
    assert f'action="{PATH}/admin/logout/"' in page.text
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert style.startswith(f"{PATH}/")
    assert httpx2.get(root_of(server) + style).status_code == 200


def test_task_ends_and_a_stream_is_resumed_below_the_path(server: ServerBelow) -> None:
    tasks = TaskWire(server)
    assert tasks.ended(tasks.begin("task_once", label="below a path", seconds=0.1))["status"] == "completed"
    session = Wire(server)
    session.initialize("2025-11-25")
    with session.stream(**session.legacy_tool("count", to=10, pause=0.05)) as stream:
        heard = [stream.next() for _ in range(3)]
    with session.get(**{"Last-Event-ID": heard[-1].id}) as stream:
        missed = stream.messages()
    assert missed[-1]["result"]["structuredContent"] == {"result": "counted to 10"}
