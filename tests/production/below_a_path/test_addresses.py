"""Addresses that the server makes or compares below a path: in mails, for devices, in proofs and assertions."""

import time

import httpx2
import pytest

from tests.production.below_a_path.proxies import PATH, ServerBelow
from tests.support.oauth.dpop import Prover
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.oauth.pkce import VERIFIER
from tests.support.patience import PATIENCE_SECONDS
from tests.support.people.browser import FormReader, Person

pytestmark = pytest.mark.any_database

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def test_link_in_a_mail_is_below_the_path_and_opens(server: ServerBelow) -> None:
    server.shell("User.objects.create_user('ada', 'ada@example.com', 'a-long-password')")
    with httpx2.Client() as browser:
        page = browser.get(f"{server.url}/accounts/password/reset/")
        [form] = FormReader.read(page.text)
        sent = {**dict(form.fields), "email": "ada@example.com"}
        assert browser.post(str(page.url), data=sent, headers={"Referer": str(page.url)}).status_code == 302
    link, until = f"{server.url}/accounts/password/reset/key/", time.monotonic() + PATIENCE_SECONDS
    while link not in server.log and time.monotonic() < until:
        time.sleep(0.05)
    key = server.log.partition(link)[2].split("/")[0]
    with httpx2.Client(follow_redirects=True) as browser:
        page = browser.get(f"{link}{key}/")
    assert (page.status_code, "password1" in page.text) == (200, True)


def test_device_connects_by_the_page_below_the_path(server: ServerBelow) -> None:
    client = register(server, redirect_uris=[], grant_types=[DEVICE], token_endpoint_auth_method="none").json()
    assert client["registration_client_uri"] == f"{server.url}/oauth/register/{client['client_id']}"
    codes = httpx2.post(f"{server.url}/oauth/device_authorization", data={"client_id": client["client_id"]}).json()
    assert codes["verification_uri"] == f"{server.url}/device"
    Person("demo", "demo123").approve_device(codes["verification_uri_complete"])
    sent = {"grant_type": DEVICE, "device_code": codes["device_code"], "client_id": client["client_id"]}
    assert httpx2.post(f"{server.url}/oauth/token", data=sent).status_code == 200


def test_proof_of_a_key_names_the_address_with_the_path(server: ServerBelow) -> None:
    registered = register(server).json()
    app, prover = App(server, registered["client_id"], registered["client_secret"]), Prover()
    code = parameters_of(Person("demo", "demo123").approve(app.authorization_url()))["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost:8080/callback"}
    fields |= {"client_id": app.client_id, "client_secret": app.client_secret, "code_verifier": VERIFIER}
    at_token = f"{server.url}/oauth/token"
    root = server.proxy.url
    for htu, status in ((f"{root}/oauth/token", 400), (at_token, 200)):
        answer = httpx2.post(at_token, data=fields, headers={"DPoP": prover.proof(uri=htu)})
        assert answer.status_code == status, answer.text
    token = answer.json()["access_token"]
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for htu, status in ((f"{root}/mcp", 401), (server.mcp_url, 200)):
        headers = {"Authorization": f"DPoP {token}", "DPoP": prover.proof(uri=htu, token=token)}
        assert httpx2.post(server.mcp_url, json=message, headers=headers).status_code == status


def test_hints_name_the_address_with_the_path(server: ServerBelow) -> None:
    for path, named in (
        ("/register", f"{server.url}/oauth/register"),
        ("/sse", server.mcp_url),
        ("/oauth/else", f"{server.proxy.url}/.well-known/oauth-authorization-server{PATH}"),
        ("/.well-known/openid-configuration", f"{server.proxy.url}/.well-known/oauth-authorization-server{PATH}"),
    ):
        answer = httpx2.post(server.url + path)
        assert (answer.status_code, named in answer.json()["error_description"]) == (404, True), answer.text
