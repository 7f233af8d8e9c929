"""The call that completes the settings of another site."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mcp_api.site import configure, toolkit

URL = "https://www.club.example"
OURS = ["accounts", "mcp_api", "django.contrib.humanize", "oauth2_provider", "rest_framework"]
REST_FRAMEWORK = "rest_framework.apps.RestFrameworkConfig"
UNTOUCHED = (
    "MIDDLEWARE",
    "TEMPLATES",
    "REST_FRAMEWORK",
    "CORS_ALLOWED_ORIGINS",
    "CONTENT_SECURITY_POLICY",
    "CACHES",
    "TASKS",
    "SESSION_ENGINE",
    "LOGIN_URL",
    "AUTHENTICATION_BACKENDS",
    "LOGGING",
    "CELERY_BROKER_URL",
    # Names of ours in our own project.
    "LIMITS",
    "MAIL",
    "PUBLIC_URL",
    "STREAMS",
)


def configured(**settings: Any) -> dict[str, Any]:
    configure(settings, public_url=URL)
    return settings


def test_missing_settings_are_added() -> None:
    settings = configured(INSTALLED_APPS=["club"])
    assert settings["INSTALLED_APPS"] == ["club", *OURS]
    assert settings["OAUTH_MCP_PUBLIC_URL"] == settings["OAUTH2_PROVIDER"]["OIDC_ISS_ENDPOINT"] == URL
    assert settings["PASSWORD_HASHERS"][-1] == toolkit.SECRET_HASHER
    assert settings["PASSWORD_HASHERS"][0] == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert toolkit.models().items() <= settings.items()


def test_all_other_settings_stay_as_they_are() -> None:
    before = {name: object() for name in UNTOUCHED}
    after = configured(INSTALLED_APPS=["club"], **before)
    assert {name: after[name] for name in UNTOUCHED} == before
    assert not set(UNTOUCHED) & set(configured(INSTALLED_APPS=["club"]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], OURS),
        (("club",), ("club", *OURS)),
        ([REST_FRAMEWORK, "club"], [REST_FRAMEWORK, "club", *OURS[:-1]]),
        (["mcp_api", "club"], ["mcp_api", "club", "accounts", *OURS[2:]]),
        ([*reversed(OURS[:3]), "club"], [*reversed(OURS[:3]), "club", *OURS[3:]]),
    ],
)
def test_apps_are_appended_to_a_list_or_tuple_where_they_are_missing(before: Any, after: Any) -> None:
    assert configured(INSTALLED_APPS=before)["INSTALLED_APPS"] == after


def test_no_list_or_dict_of_the_site_is_changed_in_place() -> None:
    apps, hashers, provider = ["club"], ["club.Hasher"], {"ACCESS_TOKEN_EXPIRE_SECONDS": 60}
    after = configured(INSTALLED_APPS=apps, PASSWORD_HASHERS=hashers, OAUTH2_PROVIDER=provider)
    assert (apps, hashers, provider) == (["club"], ["club.Hasher"], {"ACCESS_TOKEN_EXPIRE_SECONDS": 60})
    assert after["PASSWORD_HASHERS"] == ["club.Hasher", toolkit.SECRET_HASHER]


def test_values_that_the_site_set_are_kept() -> None:
    after = configured(OAUTH2_PROVIDER={"ACCESS_TOKEN_EXPIRE_SECONDS": 60}, OAUTH_MCP_REFRESH_TOKEN_EXPIRE_DAYS=2)
    assert after["OAUTH2_PROVIDER"]["ACCESS_TOKEN_EXPIRE_SECONDS"] == 60
    assert after["OAUTH2_PROVIDER"]["REFRESH_TOKEN_EXPIRE_SECONDS"] == 2 * 24 * 3600
    assert after["OAUTH2_PROVIDER"]["AUTHORIZATION_CODE_EXPIRE_SECONDS"] == 5 * 60
    assert after["OAUTH2_PROVIDER"]["PKCE_REQUIRED"] is True


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"OAUTH_MCP_PUBLIC_URL": "https://other.example"}, "remove the setting"),
        ({"INSTALLED_APPS": ["oauth2_provider"]}, "already uses django-oauth-toolkit"),
        ({"OAUTH2_PROVIDER_APPLICATION_MODEL": "club.App"}, "OAUTH2_PROVIDER_APPLICATION_MODEL is 'club.App'"),
        ({"INSTALLED_APPS": [f"club.{toolkit.LABEL}"]}, "another one, by `label`"),
        ({"INSTALLED_APPS": ["club.mcp_api.apps.Config"]}, "'club.mcp_api.apps.Config'"),
    ],
)
def test_site_that_cannot_have_the_server_is_told_why_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    before = dict(settings)
    with pytest.raises(ImproperlyConfigured, match=sentence) as refusal:
        configure(settings, public_url=URL)
    assert str(refusal.value).count("\n") == 0
    assert settings == before


@pytest.mark.parametrize("public_url", ["", None, True])
def test_address_is_needed(public_url: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="needs the address"):
        configure({}, public_url=public_url)


def test_second_call_is_refused() -> None:
    settings = configured(INSTALLED_APPS=["club"])
    with pytest.raises(ImproperlyConfigured, match="called twice"):
        configure(settings, public_url=URL)


def test_settings_module_itself_is_not_a_dict() -> None:
    settings: Any = ["INSTALLED_APPS"]
    with pytest.raises(ImproperlyConfigured, match="globals"):
        configure(settings, public_url=URL)
