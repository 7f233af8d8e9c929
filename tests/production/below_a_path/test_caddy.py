"""Behind Caddy, with the configuration of docs/deploy.md."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.production.below_a_path.proxies import PATH, Caddy, ServerBelow
from tests.support.database import Template
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.people.browser import Person

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def server(
    template: Template,
    certificate_for_all: tuple[Path, Path],
    trusted: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServerBelow]:
    folder = tmp_path_factory.mktemp("caddy")
    with Caddy(folder, *certificate_for_all) as caddy, ServerBelow(template, caddy, PATH) as running:
        yield running


def test_somebody_signs_in_consents_and_calls_a_tool(server: ServerBelow) -> None:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    location = Person("demo", "demo123").approve(app.authorization_url())
    tokens = app.redeem(parameters_of(location)["code"]).json()
    answer = app.call_tool(tokens["access_token"], "echo", text="Hello, World!")
    assert answer.json()["result"]["content"][0]["text"] == "Hello, World!"


def test_caddy_passes_the_addresses_of_the_server_and_no_others(server: ServerBelow) -> None:
    root = server.proxy.url
    for known in (f"oauth-authorization-server{PATH}", f"oauth-protected-resource{PATH}/mcp"):
        assert PATH in httpx2.get(f"{root}/.well-known/{known}").text
    assert httpx2.get(f"{server.url}/health").status_code == 200
    # Caddy itself answers others, with nothing.
    assert httpx2.post(f"{root}/mcp").content == b""
