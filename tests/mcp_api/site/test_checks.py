"""Checks of a site: here those of this project's own settings, with something missing."""

from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.test import override_settings

from mcp_api.site import checks

SESSIONS = "config.http.page_middleware.Sessions"
CORS = "corsheaders.middleware.CorsMiddleware"
ENGINE: dict[str, Any] = settings.TEMPLATES[0]


def provider(**values: object) -> dict[str, Any]:
    return {"OAUTH2_PROVIDER": {**settings.OAUTH2_PROVIDER, **values}}


def without(name: str, entry: str) -> dict[str, Any]:
    return {name: [each for each in getattr(settings, name) if each != entry]}


def only(name: str, settings_: dict[str, Any], **more: Any) -> list[CheckMessage]:
    with override_settings(**settings_, **more):
        found: list[CheckMessage] = getattr(checks, name)()
    return found


@pytest.mark.parametrize(
    "name",
    [
        "check_apps_and_toolkit",
        "check_addresses",
        "check_sign_in_page",
        "check_middleware",
        "check_templates",
        "check_host",
        "check_names",
    ],
)
def test_complete_settings_have_no_error(name: str) -> None:
    assert only(name, {}) == []


@pytest.mark.parametrize(
    ("name", "changed", "id", "hint"),
    [
        ("check_apps_and_toolkit", {"INSTALLED_APPS": ["accounts"]}, "accounts.E041", "last line"),
        ("check_apps_and_toolkit", provider(PKCE_REQUIRED=False), "accounts.E042", "Take the key out"),
        ("check_apps_and_toolkit", {"PASSWORD_HASHERS": []}, "accounts.E042", "last line"),
        ("check_addresses", {"ROOT_URLCONF": "tests.mcp_api.site.no_urls"}, "accounts.E043", "include"),
        ("check_addresses", {"ROOT_URLCONF": "tests.mcp_api.site.catch_all"}, "accounts.E043", "before patterns"),
        ("check_sign_in_page", {"LOGIN_URL": "/nowhere-to-sign-in/"}, "accounts.E044", "LOGIN_URL ="),
        ("check_sign_in_page", {"LOGIN_URL": "no_such_name"}, "accounts.E044", "LOGIN_URL ="),
        ("check_middleware", without("MIDDLEWARE", SESSIONS), "accounts.E045", "SessionMiddleware"),
        (
            "check_middleware",
            without("MIDDLEWARE", "django.middleware.csrf.CsrfViewMiddleware"),
            "accounts.E045",
            "Csrf",
        ),
        ("check_templates", {"TEMPLATES": [{**ENGINE, "APP_DIRS": False}]}, "accounts.E046", "APP_DIRS"),
        ("check_templates", {"TEMPLATES": [{**ENGINE, "OPTIONS": {}}]}, "accounts.E046", "context_processors"),
        ("check_host", {"ALLOWED_HOSTS": ["other.example"], "DEBUG": False}, "accounts.E047", "ALLOWED_HOSTS"),
        ("check_cache", {"CACHES": {}}, None, ""),
        ("check_names", {"OAUTH_MCP_AUDIT_DAYS": 90}, None, ""),
        ("check_names", {"OAUTH_MCP_AUDIT_DAY": 90}, "accounts.W044", "OAUTH_MCP_AUDIT_DAYS?"),
        ("check_names", {"OAUTH_MCP_HTTPS": True}, "accounts.W044", "manual"),
        ("check_cache", {"CACHES": {"default": {"BACKEND": "x.LocMemCache"}}}, "accounts.W041", "share one"),
        ("check_cors", without("MIDDLEWARE", CORS), None, ""),
        ("check_cors", {}, "accounts.W042", "CORS_URLS_REGEX = "),
        ("check_cors", {"CORS_URLS_REGEX": checks.CORS_LINE.partition('r"')[2].rstrip('"')}, None, ""),
    ],
)
def test_missing_part_is_named_with_the_line_to_add(
    name: str, changed: dict[str, Any], id: str | None, hint: str
) -> None:
    found = only(name, changed)
    assert {each.id for each in found} == ({id} if id else set())
    assert all(hint in str(each.hint) for each in found)


def test_sign_in_page_of_another_host_is_not_looked_for() -> None:
    assert only("check_sign_in_page", {"LOGIN_URL": "https://id.example/sign-in"}) == []
