"""The system checks at start, as the operator sees them: `manage.py check` and the application servers."""

import os
import subprocess

import pytest

from tests.support.servers.python_process import run_python

pytestmark = pytest.mark.any_database

PRODUCTION = {
    "SECRET_KEY": "known to everybody, and as long as a key must be: for tests alone",
    "PUBLIC_URL": "https://mcp.example.com",
    "DEBUG": "false",
    "DATABASE_URL": "sqlite://:memory:",
    "ENV_FILE": os.devnull,
}


def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder with production settings, altered; None leaves a variable out."""
    wanted: dict[str, str | None] = {**os.environ, **PRODUCTION, **changes}
    env = {name: value for name, value in wanted.items() if value is not None}
    return run_python(*command, env=env)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SECRET_KEY": None}, "(accounts.E001) SECRET_KEY is not set."),
        ({"SECRET_KEY": ""}, "(accounts.E001) SECRET_KEY is not set."),
        ({"SECRET_KEY": "changeme"}, "(accounts.E017) SECRET_KEY has fewer than 50 characters."),
        ({"PUBLIC_URL": None}, "(accounts.E002) PUBLIC_URL is not set."),
        ({"PUBLIC_URL": "https://mcp.example.com/"}, "(accounts.E003)"),
        ({"DEBUG": "true"}, "(accounts.E005)"),
    ],
)
def test_manage_check_fails_with_the_reason(changes: dict[str, str | None], reason: str) -> None:
    done = run("manage.py", "check", **changes)
    assert done.returncode != 0
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


UNREADABLE = [
    ({"WEB_CONCURRENCY": "two"}, "(accounts.E024) WEB_CONCURRENCY='two' is not a whole number."),
    ({"ACCESS_TOKEN_EXPIRE_MINUTES": "an hour"}, "(accounts.E024) ACCESS_TOKEN_EXPIRE_MINUTES='an hour' is not"),
    ({"CALL_TIMEOUT_SECONDS": "long"}, "(accounts.E024) CALL_TIMEOUT_SECONDS='long' is not a number."),
    ({"TIME_ZONE": "Europe/Berln"}, "(accounts.E024) TIME_ZONE='Europe/Berln' is no time zone: write it like"),
    ({"REQUIRE_MFA_FOR_STAFF": "ture"}, "(accounts.E024) REQUIRE_MFA_FOR_STAFF='ture' is not true or false."),
    ({"DATABASE_URL": "mysqll://x:secret@y/z"}, "(accounts.E024) DATABASE_URL cannot be read"),
    ({"DATABASE_URL": "nonsense"}, "(accounts.E024) DATABASE_URL cannot be read"),
    ({"DATABASE_URL": "postgres://a:secret@h:port/x"}, "(accounts.E024) DATABASE_URL cannot be read"),
    ({"EMAIL_URL": "smtp"}, "(accounts.E011) EMAIL_URL cannot be read."),
    ({"EMAIL_URL": "pigeon://user:secret@roof"}, "(accounts.E011) EMAIL_URL cannot be read."),
    ({"EMAIL_URL": "smtp://"}, "(accounts.E011) EMAIL_URL cannot be read."),
    ({"LOCAL_SETTINGS": "/nowhere/settings.py"}, "(accounts.E023) LOCAL_SETTINGS=/nowhere/settings.py cannot be read."),
    ({"LOCAL_SETTINGS": "/"}, "(accounts.E023) LOCAL_SETTINGS=/ cannot be read."),
]


@pytest.mark.parametrize(("changes", "sentence"), UNREADABLE)
def test_variable_that_cannot_be_read_is_a_sentence_for_check_and_at_start(
    changes: dict[str, str], sentence: str
) -> None:
    checked, started = run("manage.py", "check", **changes), run("-c", "import config.asgi", **changes)
    for done in (checked, started):
        assert done.returncode != 0
        assert sentence in done.stderr
        assert "secret" not in done.stderr
    assert "Traceback" not in checked.stderr


def test_manage_check_fails_where_nothing_is_set_and_names_everything_that_is_missing() -> None:
    done = run("manage.py", "check", SECRET_KEY=None, PUBLIC_URL=None, DEBUG=None)
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
    assert "PUBLIC_URL is not set" in done.stderr


def test_check_deploy_is_clean_with_production_settings() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (2 silenced)" in done.stdout + done.stderr


@pytest.mark.parametrize("application", ["config.wsgi", "config.asgi"])
def test_neither_application_is_made_from_unsafe_settings(application: str) -> None:
    done = run("-c", f"import {application}", PUBLIC_URL=None, SECRET_KEY="changeme")
    assert done.returncode != 0
    assert "PUBLIC_URL is not set" in done.stderr
    assert "accounts.E017" in done.stderr
    assert run("-c", f"import {application}").returncode == 0
