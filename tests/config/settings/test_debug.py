"""DEBUG is for this machine alone: by the name that is asked for, by where a request is from, and by what is bound."""

import socket
import subprocess
from collections.abc import Iterator

import httpx2
import pytest
from django.test import Client as Browser
from pytest_django import Settings

from config.http.loopback import is_loopback
from tests.config.settings.environment import GOOD, run_python
from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

DEBUG = {"DEBUG": "true", "PUBLIC_URL": ""}
FIX = "set DEBUG=false"


@pytest.fixture
def debug(settings: Settings) -> Settings:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    return settings


@pytest.mark.parametrize("peer", ["192.0.2.1", "172.17.0.1", "10.0.0.5", "2001:db8::1", "::ffff:192.0.2.1"])
@pytest.mark.parametrize("path", ["/", "/mcp", "/health", "/static/oauth_mcp/pages.css", "/oauth/token"])
def test_debug_refuses_another_machine_and_says_how_to_mend_it(debug: Settings, peer: str, path: str) -> None:
    response = Browser(headers={"host": "localhost"}, REMOTE_ADDR=peer).get(path)
    assert response.status_code == 400
    assert repr(peer) in response.text
    assert FIX in response.text
    assert "PUBLIC_URL=https://" in response.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", ""])
def test_debug_answers_this_machine(debug: Settings, peer: str) -> None:
    assert Browser(headers={"host": "localhost"}, REMOTE_ADDR=peer).get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.1"},
        {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"},
        {"X-Forwarded-For": "192.0.2.1, 127.0.0.1"},
        {"X-Forwarded-For": "unknown"},
        {"X-Forwarded-For": ""},
        {"X-Real-IP": "2001:db8::1"},
        {"Forwarded": "for=192.0.2.1"},
        {"Forwarded": 'proto=https;For="[2001:db8::1]:4711"'},
        {"Forwarded": "for=127.0.0.1, for=_hidden"},
        {"Forwarded": "proto=https"},
        {"Forwarded": "for = 203.0.113.7"},
        {"Forwarded": 'for = "203.0.113.7"'},
        {"Forwarded": "for=127.0.0.1;for=203.0.113.7"},
        {"Forwarded": "for=127.0.0.1, proto=https"},
        {"Forwarded": "for=127.0.0.1;host=app.example.com"},
        {"Forwarded": 'for="127.0.0.1'},
        {"Forwarded": 'for="127.0.0.1;host=x"'},
        {"Forwarded": ""},
        {"Forwarded": "nonsense"},
        {"Via": "1.1 vegur"},
        {"Via": "1.1 localhost"},
        {"X-Forwarded-Host": "app.example.com"},
        {"X-Forwarded-Host": "localhost, app.example.com"},
        {"X-Forwarded-Host": "localhost.example.com"},
        {"X-Forwarded-Host": ""},
        {"X-Original-Host": "app.ngrok.app"},
        {"X-Forwarded-Server": "proxy.example.com"},
        *({f"X-Forwarded-{what}": "x"} for what in ("Port", "By", "Prefix", "Anything")),
        *({name: "1"} for name in ("X-Forwarded", "X-Nginx-Proxy", "X-Scheme")),
        *({name: "192.0.2.1"} for name in ("Forwarded-For", "X-Vercel-Forwarded-For")),
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Proto": "http"},
        *(
            {name: "203.0.113.7"}
            for name in (
                *("CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP"),
                *("Client-IP", "Fly-Client-IP", "X-Original-Forwarded-For"),
            )
        ),
        {"X-Forwarded-For": "127.0.0.1", "CF-Connecting-IP": "203.0.113.7"},
    ],
    ids=str,
)
@pytest.mark.parametrize("trusted", [True, False])
def test_debug_refuses_whom_a_proxy_on_this_machine_asks_for(
    debug: Settings, headers: dict[str, str], trusted: bool
) -> None:
    """A tunnel may ask for the loopback name, from the loopback address."""
    debug.TRUSTED_PROXY = trusted
    response = Browser(headers={"host": "localhost", **headers}).get("/")
    assert response.status_code == 400
    assert FIX in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "::1, 127.0.0.1"},
        {"Forwarded": 'for="[::1]", for=127.0.0.1'},
        {"Forwarded": 'for="[::1]:4711"; proto = http ; host="localhost:5173"'},
        {"X-Forwarded-Host": "localhost:5173"},
        {"X-Forwarded-Host": "app.localhost"},
        # A development server in front of this one.
        {
            "X-Forwarded-For": "::ffff:127.0.0.1",
            "X-Forwarded-Port": "5173",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "localhost:5173",
        },
        {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "[::1]:8443"},
    ],
    ids=str,
)
def test_debug_answers_a_proxy_that_asks_for_this_machine(debug: Settings, headers: dict[str, str]) -> None:
    assert Browser(headers={"host": "localhost", **headers}).get("/").status_code == 200


def test_without_debug_other_machines_are_answered() -> None:
    assert Browser(REMOTE_ADDR="192.0.2.1").get("/health/live").status_code == 200


# --- What is bound --------------------------------------------------------------------------------


@pytest.fixture(params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1, **DEBUG) as running:
        yield running


def test_a_server_with_debug_tells_a_tunnel_how_to_mend_it(server: LiveServer) -> None:
    assert httpx2.get(f"{server.url}/health").status_code == 200
    response = httpx2.get(f"{server.url}/health", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (response.status_code, FIX in response.text) == (400, True)
    response = httpx2.post(server.mcp_url, json={}, headers={"X-Forwarded-For": "192.0.2.1"})
    assert (response.status_code, FIX in response.text) == (400, True)


def start(*command: str) -> subprocess.CompletedProcess[str]:
    return run_python(*command, env={**GOOD, **DEBUG})


@pytest.mark.parametrize("application", ["config.wsgi", "config.asgi"])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_gunicorn_with_debug_refuses_to_be_reached_by_others(application: str, address: str) -> None:
    if address.startswith("[") and not socket.has_ipv6:
        pytest.skip("This machine has no IPv6.")
    done = start("-m", "gunicorn", application, "--bind", address, "--no-control-socket")
    assert done.returncode == 1
    assert "DEBUG is on" in done.stderr
    assert FIX in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0:0", "0:9000", "[::]:9000", "192.0.2.1:9000", "mcp.example.com:9000"])
def test_the_development_server_refuses_to_be_reached_by_others(address: str) -> None:
    done = start("manage.py", "runserver", address, "--noreload")
    assert done.returncode == 1
    assert "DEBUG is on" in done.stderr
    assert FIX in done.stderr


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:evil", "127.0.0.1.evil", "", "::ffff:10.0.0.1", "fe80::1"])
def test_what_is_no_loopback_address_is_not_taken_for_one(address: str) -> None:
    assert not is_loopback(address)
