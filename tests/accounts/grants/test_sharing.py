"""Programs that share one stored refresh token, in processes of their own and by the real clock.

An hour of tokens of 30 minutes, with a grace of two minutes, takes half a minute here: 24 seconds of tokens of 12
seconds, with a grace of 6 seconds.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.database import Template
from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.token_requests import exchange, refresh
from tests.support.people.browser import Person
from tests.support.servers.python_process import run_python
from tests.support.servers.server import LiveServer

TOKEN_SECONDS, GRACE_SECONDS, RUN_SECONDS = 12, 6, 28
# When each of them refreshes, in seconds after its first 401.
DELAYS = (0.0, 0.3, 0.7, 1.3, 2.0)
PROGRAM = "tests.accounts.grants.sharing_program"
THEFT = """
from accounts.models import Event
event = Event.objects.filter(kind="revocation").latest("pk")
print(event.reason, event.outcome)
"""


@pytest.fixture
def server(template: Template, tmp_path: Path) -> Iterator[LiveServer]:
    settings = tmp_path / "short_tokens.py"
    settings.write_text(f'OAUTH2_PROVIDER["ACCESS_TOKEN_EXPIRE_SECONDS"] = {TOKEN_SECONDS}\n')
    env = {"REFRESH_GRACE_SECONDS": str(GRACE_SECONDS), "LOCAL_SETTINGS": str(settings)}
    with LiveServer(template, env=env) as running:
        yield running


@pytest.fixture
def app(server: LiveServer) -> App:
    document = {"client_name": "Shared", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}
    return App(httpx2.post(f"{server.url}/oauth/register", json=document).json()["client_id"])


def test_five_programs_stay_signed_in_and_a_thief_after_the_grace_ends_the_authorization(
    server: LiveServer, app: App, tmp_path: Path
) -> None:
    location = Person("demo", "demo123").approve(server.url + app.authorization_url())
    tokens = exchange(server, app, parse_qs(urlsplit(location).query)["code"][0]).json()
    assert tokens["expires_in"] == TOKEN_SECONDS
    store = tmp_path / "tokens.json"
    store.write_text(json.dumps({"credentials": app.credentials, "tokens": tokens}))

    with ThreadPoolExecutor(len(DELAYS)) as programs:
        ended = list(
            programs.map(
                lambda delay: run_python(
                    *("-m", PROGRAM, server.url, str(store), str(delay), str(RUN_SECONDS)), env=os.environ
                ),
                DELAYS,
            )
        )

    assert [(program.returncode, program.stderr) for program in ended] == [(0, "")] * len(DELAYS)
    assert all(int(program.stdout) >= RUN_SECONDS // TOKEN_SECONDS for program in ended)
    newest = json.loads(store.read_text())["tokens"]
    assert refresh(server, app, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(server, app, newest["refresh_token"]).json()["error"] == "invalid_grant"
    assert server.shell(THEFT).split() == ["refresh_token_reused", "ok"]
