"""System checks for the settings: each fires under its id, names the fix, and keeps the server from starting."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from accounts.checks import refuse_unsafe_settings
from accounts.crypto.secret_keys import HOW_TO_MAKE_A_KEY
from tests.accounts.checks.shared import GOOD_KEY, apply, ours

pytestmark = pytest.mark.any_database

GOOD = [
    {},
    {"PUBLIC_URL": "https://mcp.example.com"},
    {"PUBLIC_URL": "https://mcp.example.com:8443"},
    {"PUBLIC_URL": "https://[2001:db8::1]"},
    {"PUBLIC_URL": "https://mcp.example.com/tools"},
    {"PUBLIC_URL": "https://mcp.example.com:8443/teams/a_b/v1.2-x~"},
    {"PUBLIC_URL": "http://localhost:9000/mcp"},
    {"PUBLIC_URL": "http://localhost:9000"},
    {"PUBLIC_URL": "http://127.0.0.1:9000"},
    {"PUBLIC_URL": "http://[::1]:9000"},
    {"PUBLIC_URL": "", "DEBUG": True},
    {"PUBLIC_URL": "http://localhost:9000", "DEBUG": True},
    {"PRIVATE_SCHEMES": []},
    {"ACCESS_TOKEN_EXPIRE_MINUTES": 1440, "REFRESH_TOKEN_EXPIRE_DAYS": 1},
    {"AUTHORIZATION_CODE_EXPIRE_MINUTES": 10},
    {"REFRESH_GRACE_SECONDS": 0},
    {"REFRESH_GRACE_SECONDS": 600},
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

BAD = [
    ("accounts.E001", "SECRET_KEY", {"SECRET_KEY": ""}),
    ("accounts.E017", HOW_TO_MAKE_A_KEY, {"SECRET_KEY": "short"}),
    ("accounts.E018", "take the key out", {"SECRET_KEY_FALLBACKS": ["short"]}),
    ("accounts.E002", "PUBLIC_URL", {"PUBLIC_URL": ""}),
    ("accounts.E003", "final slash", {"PUBLIC_URL": "https://mcp.example.com/"}),
    ("accounts.E003", "final slash", {"PUBLIC_URL": "https://mcp.example.com/tools/"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com//tools"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com/a/../b"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com/.well-known/x"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com/t%6Fols"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com/tools?a=1"}),
    ("accounts.E003", "path", {"PUBLIC_URL": "https://mcp.example.com/tools;a"}),
    ("accounts.E003", "100", {"PUBLIC_URL": f"https://mcp.example.com/{'a' * 100}"}),
    ("accounts.E003", "/health", {"PUBLIC_URL": "https://mcp.example.com/health"}),
    ("accounts.E003", "Write https://mcp.example.com/Tools:", {"PUBLIC_URL": "https://MCP.example.com/Tools"}),
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
    ("accounts.E003", "Write https://mcp.example.com:", {"PUBLIC_URL": "https://MCP.example.com"}),
    ("accounts.E003", "Write https://mcp.example.com:", {"PUBLIC_URL": "HTTPS://mcp.example.com"}),
    ("accounts.E003", "Write https://mcp.example.com:", {"PUBLIC_URL": "https://mcp.example.com."}),
    ("accounts.E003", "Write https://mcp.example.com:8443:", {"PUBLIC_URL": "https://mcp.example.com.:8443"}),
    ("accounts.E003", "Write https://mcp.example.com:", {"PUBLIC_URL": "https://mcp.example.com:443"}),
    ("accounts.E003", "Write https://mcp.example.com:8443:", {"PUBLIC_URL": "https://mcp.example.com:08443"}),
    ("accounts.E003", "Write http://127.0.0.1:", {"PUBLIC_URL": "http://127.0.0.1:80"}),
    ("accounts.E003", "Write http://[::1]:9000:", {"PUBLIC_URL": "http://[0:0:0:0:0:0:0:1]:9000"}),
    ("accounts.E003", "Write https://xn--mnchen-3ya.example:", {"PUBLIC_URL": "https://münchen.example"}),
    ("accounts.E004", "https", {"PUBLIC_URL": "http://mcp.example.com"}),
    ("accounts.E004", "https", {"PUBLIC_URL": "http://192.168.1.2:9000"}),
    ("accounts.E005", "DEBUG=false", {"PUBLIC_URL": "https://mcp.example.com", "DEBUG": True}),
    ("accounts.E006", "Take them out", {"PRIVATE_SCHEMES": ["cursor", "javascript"]}),
    ("accounts.E007", "at least 1", {"ACCESS_TOKEN_EXPIRE_MINUTES": 0}),
    ("accounts.E007", "at least 1", {"REFRESH_TOKEN_EXPIRE_DAYS": -1}),
    ("accounts.E007", "at least 1", {"AUTHORIZATION_CODE_EXPIRE_MINUTES": 0}),
    ("accounts.E027", "at most ten minutes", {"AUTHORIZATION_CODE_EXPIRE_MINUTES": 11}),
    ("accounts.E028", "stolen refresh token", {"REFRESH_GRACE_SECONDS": 601}),
    ("accounts.E028", "stolen refresh token", {"REFRESH_GRACE_SECONDS": -1}),
    ("accounts.E008", "open, reviewed or closed", {"REGISTRATION": "shut"}),
    ("accounts.E011", "smtp+tls", {"EMAIL_URL": "pigeon://roof", "MAIL": False}),
    ("accounts.E012", "json or line", {"LOG_FORMAT": "xml"}),
    ("accounts.E013", "0 to keep them", {"AUDIT_DAYS": -1}),
    ("accounts.E013", "0 to keep them", {"CLIENT_DAYS": -1}),
    ("accounts.E014", "4318", {"TRACES": True, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}),
    ("accounts.E015", "4 at least", {"DATABASE_POOL": 3}),
    ("accounts.E003", "Write https://203.0.0.113:", {"PUBLIC_URL": "https://203.0.113"}),
    ("accounts.E020", "Write claude.ai", {"CLIENT_DOCUMENT_HOSTS": ["Claude.ai."]}),
    ("accounts.E020", "xn--bcher-kva.example", {"CLIENT_DOCUMENT_HOSTS": ["bücher.example"]}),
    ("accounts.E020", "https", {"CLIENT_DOCUMENT_HOSTS": ["https://claude.ai"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://App.example.com"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://app.example.com:443"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["https://app.example.com/"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["null"]}),
    ("accounts.E021", "as browsers do", {"ALLOWED_ORIGINS": ["NULL"]}),
    ("accounts.E021", "List each", {"ALLOWED_ORIGINS": ["*"]}),
    ("accounts.E021", "List each", {"ALLOWED_ORIGINS": ["https://*.example.com"]}),
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
    """The application server runs no system checks by itself."""
    apply(settings, changes)
    with pytest.raises(ImproperlyConfigured, match=identifier) as caught:
        refuse_unsafe_settings()
    assert fix in str(caught.value)


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


def test_all_errors_are_reported_together(settings: Settings) -> None:
    apply(settings, {"PUBLIC_URL": "http://mcp.example.com", "DEBUG": True, "PRIVATE_SCHEMES": ["data"]})
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_settings()
    assert all(identifier in str(caught.value) for identifier in ("accounts.E004", "accounts.E005", "accounts.E006"))
