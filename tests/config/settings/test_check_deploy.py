"""Production settings: accepted when they are complete, refused with the reason and the remedy when not."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from tests.config.settings.environment import GOOD, run_python

pytestmark = pytest.mark.any_database

PROJECT = Path(__file__).resolve().parents[3]
CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
GUNICORN = ("-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket")
ASGI = ("-c", "import config.asgi")

# What to change in good settings, and what must be said of it.
UNSAFE = {
    "no secret key": ({"SECRET_KEY": ""}, "accounts.E001", "SECRET_KEY is not set"),
    "no address": ({"PUBLIC_URL": ""}, "accounts.E002", "PUBLIC_URL is not set"),
    "a final slash": ({"PUBLIC_URL": "https://mcp.example.com/mcp/"}, "accounts.E003", "not the address of a server"),
    "an address that is none": ({"PUBLIC_URL": "https://[::1"}, "accounts.E003", "not the address of a server"),
    "plain http": ({"PUBLIC_URL": "http://mcp.example.com"}, "accounts.E004", "plain http on a public host"),
    "a proxy that is not an address": ({"TRUSTED_PROXY": "nginx"}, "accounts.E019", "is not an address"),
    "DEBUG in public": ({"DEBUG": "true"}, "accounts.E005", "DEBUG is on while PUBLIC_URL is public"),
}


def run(arguments: tuple[str, ...], changes: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process whose only settings are the good ones with `changes`."""
    return run_python(*arguments, env={**GOOD, **changes})


@pytest.mark.parametrize("url", ["https://mcp.example.com", "https://mcp.example.com:8443"])
def test_complete_settings_are_accepted(url: str) -> None:
    done = run(CHECK, {"PUBLIC_URL": url})

    assert done.returncode == 0, done.stderr
    # Sub-domains and the preload list are the operator's to decide (config/settings/web.py).
    assert "no issues (2 silenced)" in done.stdout + done.stderr


def test_proxy_that_is_not_named_is_a_warning() -> None:
    for trusted, status in (("true", 1), ("127.0.0.1,10.0.0.0/8", 0), ("false", 0)):
        done = run(CHECK, {"TRUSTED_PROXY": trusted})
        assert (done.returncode, "accounts.W003" in done.stderr) == (status, bool(status))


@pytest.mark.parametrize("what", UNSAFE)
def test_check_names_what_is_unsafe(what: str) -> None:
    changes, check_id, sentence = UNSAFE[what]

    done = run(CHECK, changes)

    assert done.returncode != 0
    assert check_id in done.stderr
    assert sentence in done.stderr
    assert "HINT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("server", "what"),
    [
        (GUNICORN, "no secret key"),
        (GUNICORN, "no address"),
        (GUNICORN, "an address that is none"),
        (GUNICORN, "DEBUG in public"),
        (ASGI, "no secret key"),
        (ASGI, "no address"),
    ],
)
def test_a_server_with_unsafe_settings_does_not_start(server: tuple[str, ...], what: str) -> None:
    changes, check_id, sentence = UNSAFE[what]

    done = run(server, changes)

    assert done.returncode != 0
    assert check_id in done.stderr
    assert sentence in done.stderr
    assert "HINT" in done.stderr


@pytest.mark.parametrize(
    "host", ["mcp.example.com", "mcp.example.com:9000", "192.0.2.1", "[2001:db8::1]", "localhost.evil", ""]
)
def test_debug_refuses_a_foreign_host_and_says_how_to_mend_it(settings: Settings, host: str) -> None:
    settings.DEBUG = True

    response = Browser(headers={"host": host}).get("/")

    assert response.status_code == 400
    assert "DEBUG=false" in response.text
    assert "PUBLIC_URL=https://" in response.text


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "127.0.0.1:9000", "[::1]:9000", "inspector.localhost"])
def test_debug_answers_on_loopback(settings: Settings, host: str) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]"]

    assert Browser(headers={"host": host}).get("/").status_code == 200


def test_seed_demo_refuses_to_run_in_production() -> None:
    done = run(("manage.py", "seed_demo"), {})

    assert done.returncode != 0
    assert "DEBUG" in done.stderr
