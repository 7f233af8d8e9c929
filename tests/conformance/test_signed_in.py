"""The wrapper adds a token to requests to the MCP endpoint that have none, and changes nothing else."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.conformance.harness import INTERFACES
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def start(template: Template, worker: str, **env: str) -> LiveServer:
    env = {"GUNICORN_CMD_ARGS": f"--worker-class {worker}", **env}
    application = f"tests.conformance.{INTERFACES[worker]}:application"
    return LiveServer(template, workers=1, application=application, env=env)


@pytest.fixture(scope="module", params=INTERFACES)
def signed_in(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with start(template, request.param) as running:
        yield running


def test_request_without_token_is_demos(signed_in: LiveServer):
    call = {**LIST, "method": "tools/call", "params": {"name": "get_user_info", "arguments": {}}}
    result = httpx2.post(signed_in.mcp_url, json=call).json()["result"]
    assert result["structuredContent"]["username"] == "demo"


def test_token_that_is_sent_counts(signed_in: LiveServer):
    assert httpx2.post(signed_in.mcp_url, json=LIST, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_other_endpoints_see_no_token(signed_in: LiveServer):
    sent = {"grant_type": "authorization_code", "code": "none", "client_id": "none"}
    refused = httpx2.post(f"{signed_in.url}/oauth/token", data=sent)
    assert refused.json()["error"] == "invalid_client"
    assert "Bearer" not in refused.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize("worker", INTERFACES)
def test_without_public_url_the_token_is_for_the_address_that_was_asked(template: Template, worker: str):
    with start(template, worker, DEBUG="true", PUBLIC_URL="") as running:
        for host in ("localhost", "127.0.0.1"):
            assert httpx2.post(f"http://{host}:{running.port}/mcp", json=LIST).status_code == 200
