"""The apps' own settings: each has a default, and is read through the app's conf."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings, settings
from django.test import override_settings

from accounts import conf as accounts_conf
from accounts.conf import DerivedSetting, Setting
from mcp_api import conf as mcp_api_conf

PROJECT = Path(__file__).resolve().parent.parent
DERIVED = {"FETCH_WAITERS": 6, "CALL_WAITERS": 16}
# Of packages that the apps build on.
THEIRS = ("CORS_", "OAUTH2_PROVIDER", "SOCIALACCOUNT_")


def names_of(settings_class: type) -> list[str]:
    classes = [vars(each) for each in settings_class.__mro__]
    return [name for own in classes for name, value in own.items() if isinstance(value, Setting | DerivedSetting)]


def default_of(settings_class: type, name: str) -> Any:
    return DERIVED[name] if name in DERIVED else getattr(settings_class, name)


@pytest.mark.parametrize("module", [accounts_conf, mcp_api_conf], ids=["accounts", "mcp_api"])
def test_each_setting_that_is_missing_has_its_default(module: Any) -> None:
    names = names_of(module.Settings)
    with override_settings():
        for name in names:
            delattr(settings, name)
        assert {name: getattr(module.conf, name) for name in names} == {
            name: default_of(module.Settings, name) for name in names
        }
    assert len(names) > 30


def test_setting_is_read_anew_each_time() -> None:
    with override_settings(AUDIT_DAYS=7, REQUEST_THREADS=100):
        assert (accounts_conf.conf.AUDIT_DAYS, accounts_conf.conf.FETCH_WAITERS) == (7, 25)
        assert mcp_api_conf.conf.CALL_WAITERS == 73


def test_settings_of_another_project_have_a_prefix() -> None:
    with override_settings(OAUTH_MCP_IS_PART_OF_A_SITE=True, AUDIT_DAYS=7, LIMITS="theirs", REQUEST_THREADS="theirs"):
        assert accounts_conf.conf.AUDIT_DAYS == accounts_conf.Settings.AUDIT_DAYS
        assert accounts_conf.conf.LIMITS == accounts_conf.Settings.LIMITS
        assert DERIVED["FETCH_WAITERS"] == accounts_conf.conf.FETCH_WAITERS
        with override_settings(OAUTH_MCP_AUDIT_DAYS=30):
            assert accounts_conf.conf.AUDIT_DAYS == 30


def test_limit_that_is_left_out_has_its_default() -> None:
    with override_settings(LIMITS={"calls_person": "1/hour"}):
        limits = accounts_conf.conf.LIMITS
    assert (limits["calls_person"], limits["calls_client"]) == ("1/hour", "12000/minute")


@pytest.mark.parametrize("app", ["accounts", "mcp_api"])
def test_app_reads_only_settings_of_django_and_of_packages_elsewhere(app: str) -> None:
    names = {name for path in (PROJECT / app).rglob("*.py") if path.name != "conf.py" for name in read_in(path)}
    assert "DEBUG" in names
    assert [name for name in names if not (hasattr(global_settings, name) or name.startswith(THEIRS))] == []


def read_in(path: Path) -> Iterator[str]:
    """The settings that a module reads of django.conf; one whose name it computes is written `settings`."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id="settings"), attr=name) if name.isupper():
                yield name
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="settings"), *_]):
                yield "settings"
