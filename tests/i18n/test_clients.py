"""Answers to programs are in English, whatever language they accept and whatever LANGUAGE_CODE is."""

from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

pytestmark = pytest.mark.django_db

REQUESTS = [
    ("get", "/health", {}),
    ("get", "/.well-known/oauth-authorization-server", {}),
    ("get", "/.well-known/nothing", {}),
    ("post", "/oauth/register", {"data": "{", "content_type": "application/json"}),
    ("post", "/oauth/register", {"data": "[1]", "content_type": "application/json"}),
    ("post", "/oauth/register", {"data": "a", "content_type": "text/plain"}),
    ("put", "/oauth/register", {}),
    ("post", "/oauth/token", {"data": {"grant_type": "nothing"}}),
    ("get", "/oauth/token", {}),
    ("post", "/oauth/revoke", {"data": {}}),
    ("post", "/oauth/introspect", {"data": {}}),
    ("post", "/oauth/introspect", {"data": "{", "content_type": "application/json"}),
    ("get", "/oauth/introspect", {}),
    ("delete", "/oauth/introspect", {}),
    ("post", "/oauth/device_authorization", {"data": {}}),
    ("get", "/oauth/jwks", {}),
    ("post", "/oauth/jwks", {}),
    ("get", "/mcp", {}),
    ("post", "/mcp", {"data": "{", "content_type": "application/json"}),
    ("patch", "/mcp", {}),
]


def answer(method: str, path: str, options: dict[str, Any], language: str) -> tuple[int, str]:
    response = getattr(Browser(), method)(path, headers={"Accept-Language": language}, **options)
    assert "Content-Language" not in response
    text = response.text.partition('"timestamp"')[0] if path == "/health" else response.text
    return response.status_code, text


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_endpoint_for_programs_answers_in_english(
    method: str, path: str, options: dict[str, Any], settings: Settings
) -> None:
    english = answer(method, path, options, "en")
    assert answer(method, path, options, "de") == english
    settings.LANGUAGE_CODE = "de"
    assert answer(method, path, options, "de") == english
