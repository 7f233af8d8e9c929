"""System checks for the settings: each fires under its id, names the fix, and keeps the server from starting."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from pytest_django import Settings

from accounts.checks import refuse_unsafe_settings
from accounts.secret_keys import HOW_TO_MAKE_A_KEY, weakness_of
from tests.conftest import PROJECT
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.any_database

# Not drawn anew: every process that collects tests has to find the same ones.
GOOD_KEY = "q7Zr2mXw9Kc4Vt8Nb1Hs6Dj3Lf5Gp0Ya-Te_RuQiOvMzWxCk7Ey2Sa4Uh9Bn1Jd"

PRODUCTION = {
    "SECRET_KEY": "known to everybody, and as long as a key must be: for tests alone",
    "PUBLIC_URL": "https://mcp.example.com",
    "DEBUG": "false",
    "DATABASE_URL": "sqlite://:memory:",
    "ENV_FILE": os.devnull,
}


def ours() -> list[CheckMessage]:
    """What the server's own checks find, by way of Django's registry: so they are wired."""
    return [message for message in run_checks() if str(message.id).startswith("accounts.")]


def apply(settings: Settings, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)


GOOD = [
    {},
    {"PUBLIC_URL": "https://mcp.example.com"},
    {"PUBLIC_URL": "https://mcp.example.com:8443"},
    {"PUBLIC_URL": "https://[2001:db8::1]"},
    {"PUBLIC_URL": "http://localhost:9000"},
    {"PUBLIC_URL": "http://127.0.0.1:9000"},
    {"PUBLIC_URL": "http://[::1]:9000"},
    {"PUBLIC_URL": "", "DEBUG": True},
    {"PUBLIC_URL": "http://localhost:9000", "DEBUG": True},
    {"PRIVATE_SCHEMES": []},
    {"ACCESS_TOKEN_EXPIRE_MINUTES": 1440, "REFRESH_TOKEN_EXPIRE_DAYS": 1},
    {"CLIENT_DOCUMENT_HOSTS": ["claude.ai", ".example.com", "xn--bcher-kva.example"]},
    {"ALLOWED_ORIGINS": ["https://app.example.com", "http://localhost:6274", "chrome-extension://abcdef"]},
    {"REGISTRATION": "reviewed"},
    {"REGISTRATION": "closed"},
    {"AUDIT_DAYS": 0, "CLIENT_DAYS": 0},
    {"METRICS_PORT": 9100},
    {"METRICS_PORT": 9100, "METRICS_HOST": "10.0.0.5"},
    {"TRACES": True},
    {"SECRET_KEY": "short", "SECRET_KEY_FALLBACKS": ["short"], "DEBUG": True},
    {"SECRET_KEY_FALLBACKS": [GOOD_KEY, "3f9a1c0b7d2e4856a9c1b3d5e7f90214c6a8e0f2b4d69173a5"]},
]

WEAK_KEYS = [
    ("secret", "fewer than 50 characters"),
    ("changeme", "fewer than 50 characters"),
    ("…", "fewer than 50 characters"),
    (GOOD_KEY[:49], "fewer than 50 characters"),
    ("a" * 64, "fewer than 5 different characters"),
    ("abcd" * 16, "fewer than 5 different characters"),
    ("django-insecure-" + GOOD_KEY, "begins with"),
    ("please-change-me-before-you-go-into-production-0123456789", "from an example"),
    ("YOUR_SECRET_HERE_AT_LEAST_FIFTY_CHARACTERS_0123456789_ABC", "from an example"),
    ("abcdefgh" * 8, "repeats itself"),
    ("0123456789" * 5 + "0123", "repeats itself"),
    ("Z" + "abcde12345" * 6, "repeats itself"),
    ("correct horse battery staple correct horse battery st", "repeats itself"),
    ("hunter2" + "x" * 45 + "abc", "repeats itself"),
    ("xaxbxcxdxexfxgxhxixjxkxlxmxnxoxpxqxrxsxtxuxvxwxyxzx0", "mostly of one character"),
    ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP", "in the order of the alphabet"),
    ("zyxwvutsrqponmlkjihgfedcba9876543210ZYXWVUTSRQPONMLK", "in the order of the alphabet"),
    ("aabbccddeeffgghhiijjkkllmmnnooppqqrrssttuuvvwwxxyyzz", "in the order of the alphabet"),
    ("qwertyuiopasdfghjklzxcvbnm1234567890-=QWERTYUIOP[]AS", "of a keyboard"),
    ("q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c2v3b4n5m6", "of a keyboard"),
]

BAD = [
    ("accounts.E001", "SECRET_KEY", {"SECRET_KEY": ""}),
    ("accounts.E017", HOW_TO_MAKE_A_KEY, {"SECRET_KEY": "short"}),
    ("accounts.E018", "take the key out", {"SECRET_KEY_FALLBACKS": ["short"]}),
    ("accounts.E002", "PUBLIC_URL", {"PUBLIC_URL": ""}),
    ("accounts.E003", "final slash", {"PUBLIC_URL": "https://mcp.example.com/"}),
    ("accounts.E003", "no path", {"PUBLIC_URL": "https://mcp.example.com/mcp"}),
    ("accounts.E003", "https://mcp.example.com", {"PUBLIC_URL": "mcp.example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "//mcp.example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "ftp://mcp.example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com?a=1"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com#part"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://user@mcp.example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com:99999"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com:0"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com:"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp.example.com:port"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://mcp example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": " https://mcp.example.com"}),
    ("accounts.E003", "Scheme", {"PUBLIC_URL": "https://[::1"}),
    ("accounts.E003", "https://mcp.example.com", {"PUBLIC_URL": "https://MCP.example.com"}),
    ("accounts.E004", "https", {"PUBLIC_URL": "http://mcp.example.com"}),
    ("accounts.E004", "https", {"PUBLIC_URL": "http://192.168.1.2:9000"}),
    ("accounts.E005", "DEBUG=false", {"PUBLIC_URL": "https://mcp.example.com", "DEBUG": True}),
    ("accounts.E006", "Take them out", {"PRIVATE_SCHEMES": ["cursor", "javascript"]}),
    ("accounts.E007", "at least 1", {"ACCESS_TOKEN_EXPIRE_MINUTES": 0}),
    ("accounts.E007", "at least 1", {"REFRESH_TOKEN_EXPIRE_DAYS": -1}),
    ("accounts.E008", "open, reviewed or closed", {"REGISTRATION": "shut"}),
    ("accounts.E011", "smtp+tls", {"EMAIL_URL": "pigeon://roof", "MAIL": False}),
    ("accounts.E012", "json or line", {"LOG_FORMAT": "xml"}),
    ("accounts.E013", "0 for ever", {"AUDIT_DAYS": -1}),
    ("accounts.E013", "0 for ever", {"CLIENT_DAYS": -1}),
    ("accounts.E014", "4318", {"TRACES": True, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}),
    ("accounts.E015", "4 at least", {"DATABASE_POOL": 3}),
    ("accounts.E003", "bare origin", {"PUBLIC_URL": "https://mcp.example.com."}),
    ("accounts.E003", "bare origin", {"PUBLIC_URL": "https://203.0.113"}),
    ("accounts.E020", "Write claude.ai", {"CLIENT_DOCUMENT_HOSTS": ["Claude.ai."]}),
    ("accounts.E020", "xn--bcher-kva.example", {"CLIENT_DOCUMENT_HOSTS": ["bücher.example"]}),
    ("accounts.E020", "https", {"CLIENT_DOCUMENT_HOSTS": ["https://claude.ai"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://App.example.com"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://app.example.com:443"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://app.example.com/"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["null"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["NULL"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["*"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["app.example.com"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["file://"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["HTTPS://app.example.com"]}),
    ("accounts.E016", "600/minute", {"LIMITS": {"calls_person": "often"}}),
    ("accounts.E009", "OIDC_CLIENT_ID", {"OIDC_ISSUER": "https://sso.example.com"}),
    (
        "accounts.E010",
        "https",
        {"OIDC_ISSUER": "http://sso.example.com", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"},
    ),
]


@pytest.mark.parametrize("changes", GOOD, ids=str)
def test_good_settings_pass(settings: Settings, changes: dict[str, Any]) -> None:
    apply(settings, changes)
    assert ours() == []
    refuse_unsafe_settings()


@pytest.mark.parametrize(("identifier", "fix", "changes"), BAD, ids=str)
def test_a_bad_setting_is_an_error_that_names_the_fix(
    settings: Settings, identifier: str, fix: str, changes: dict[str, Any]
) -> None:
    apply(settings, changes)
    [found] = ours()
    assert (found.id, found.is_serious()) == (identifier, True)
    assert fix in f"{found.msg} {found.hint}"


@pytest.mark.parametrize(("identifier", "fix", "changes"), BAD, ids=str)
def test_no_application_server_starts_with_a_bad_setting(
    settings: Settings, identifier: str, fix: str, changes: dict[str, Any]
) -> None:
    """It runs no system checks of its own accord."""
    apply(settings, changes)
    with pytest.raises(ImproperlyConfigured, match=identifier) as caught:
        refuse_unsafe_settings()
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    "make", [lambda: secrets.token_urlsafe(50), get_random_secret_key, lambda: secrets.token_hex(32)]
)
def test_a_random_key_is_never_taken_for_a_weak_one(make: Callable[[], str]) -> None:
    assert {weakness_of(make()) for _ in range(2000)} == {""}


@pytest.mark.parametrize(("key", "weakness"), WEAK_KEYS, ids=[weakness for _, weakness in WEAK_KEYS])
def test_a_key_that_can_be_guessed_is_refused_and_never_told(settings: Settings, key: str, weakness: str) -> None:
    apply(settings, {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": [key]})
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_settings()
    assert str(caught.value).count(weakness) == 2  # of both settings
    assert "accounts.E017" in str(caught.value)
    assert "accounts.E018" in str(caught.value)
    assert len(key) < 10 or key not in str(caught.value)


def test_the_command_that_errors_name_makes_a_key_that_is_accepted(settings: Settings) -> None:
    for _ in range(100):
        settings.SECRET_KEY = GOOD_KEY
        assert ours() == []


def test_tokens_that_live_for_days_are_only_warned_of(settings: Settings) -> None:
    settings.ACCESS_TOKEN_EXPIRE_MINUTES = 24 * 60 + 1
    assert [message.id for message in ours()] == ["accounts.W001"]
    refuse_unsafe_settings()


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::"])  # noqa: S104 - to be warned of
def test_figures_that_everybody_could_reach_are_only_warned_of(settings: Settings, host: str) -> None:
    settings.METRICS_PORT, settings.METRICS_HOST = 9100, host
    assert [message.id for message in ours()] == ["accounts.W002"]
    refuse_unsafe_settings()


@pytest.mark.parametrize("pattern", ["*", ".example.com"])
def test_a_pattern_of_hosts_is_a_warning_outside_debug(settings: Settings, pattern: str) -> None:
    settings.ALLOWED_HOSTS = ["mcp.example.com", pattern]
    assert [message.id for message in ours()] == ["accounts.W004"]
    settings.DEBUG = True
    assert not ours()


def test_all_that_is_wrong_is_told_at_once(settings: Settings) -> None:
    apply(settings, {"PUBLIC_URL": "http://mcp.example.com", "DEBUG": True, "PRIVATE_SCHEMES": ["data"]})
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_settings()
    assert all(identifier in str(caught.value) for identifier in ("accounts.E004", "accounts.E005", "accounts.E006"))


# --- As the operator meets them ----------------------------------------------------------------


def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder with production settings, altered; None leaves a variable out."""
    wanted: dict[str, str | None] = {**os.environ, **PRODUCTION, **changes}
    env = {name: value for name, value in wanted.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


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
