"""Validation of the metadata that a client registers (accounts/clients/metadata/validation.py)."""

import unicodedata
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import Client, Event
from tests.support.flows import REDIRECT_URI, post_json, register
from tests.support.oauth.registration_requests import is_refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("uris", "words"),
    [
        (None, "required"),
        ([], "At least one"),
        ("http://localhost:8080/callback", "list"),
        ({}, "list"),
        (1, "list"),
        ([1], "string"),
        ([None], "string"),
        ([""], "not an absolute URI"),
        ([["http://localhost:8080/callback"]], "string"),
        (["http://app.example.com/callback"], "plain http"),
        (["javascript:alert(1)"], "scheme"),
        (["https://app.example.com/callback#part"], "fragment"),
        (["https://*.example.com/callback"], "wildcard"),
        (["https://app.example.com@evil.example"], "user information"),
        (["http://localhost:99999/callback"], "not an absolute URI"),
        (["http://[::1"], "not an absolute URI"),
        (["/callback"], "not an absolute URI"),
        (["https://evil%2Eexample/cb"], "percent-encoded"),
        (["https://evil.example./cb"], "ends with a dot"),
        (["https://claude.ai%E3%80%82evil2.example/cb"], "xn--"),
        (["https://bücher.example/cb"], "xn--"),
        (["https://127.1/cb"], "127.0.0.1"),
        ([f"{REDIRECT_URI} https://evil.example"], "not an absolute URI"),
        ([f"https://app.example.com/{number}" for number in range(101)], "At most 100"),
        (["https://app.example.com/" + "a" * 2000], "2000"),
    ],
)
def test_a_bad_redirect_uri_is_refused(uris: Any, words: str) -> None:
    """RFC 7591 section 3.2.2: invalid_redirect_uri."""
    document = {"client_name": "My Test App", **({} if uris is None else {"redirect_uris": uris})}
    assert is_refused(post_json("/oauth/register", document), "invalid_redirect_uri", words)


def test_twenty_redirect_uris_may_be_registered() -> None:
    assert register(redirect_uris=[f"https://app.example.com/{number}" for number in range(20)]).status_code == 201


def test_the_refusal_of_a_scheme_names_the_setting_that_would_allow_it(settings: Settings) -> None:
    document = {"redirect_uris": ["myapp://callback"], "token_endpoint_auth_method": "none"}
    assert is_refused(register(**document), "invalid_redirect_uri", "PRIVATE_SCHEMES")
    settings.PRIVATE_SCHEMES = ["myapp"]
    assert register(**document).status_code == 201


TEXT_FIELDS = ["client_name", "client_uri", "logo_uri", "scope", "token_endpoint_auth_method", "application_type"]


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("value", [1, 1.5, True, [], ["text"], {}], ids=repr)
def test_a_text_of_another_type_is_refused(field: str, value: Any) -> None:
    response = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI], field: value})
    assert is_refused(response, "invalid_client_metadata", field)


@pytest.mark.parametrize("field", ["grant_types", "response_types"])
@pytest.mark.parametrize("value", [1, True, "code", [], [1], [None], [[]], {}, ["nonsense"]], ids=repr)
def test_a_list_of_another_type_is_refused(field: str, value: Any) -> None:
    response = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI], field: value})
    assert is_refused(response, "invalid_client_metadata", field)


@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth", "", "None"])
def test_an_unknown_authentication_method_is_refused_with_those_there_are(method: str) -> None:
    assert is_refused(register(token_endpoint_auth_method=method), "invalid_client_metadata")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("My\n\tApp", "My App"),
        ("My\x1b\x7fApp", "MyApp"),
        ("ppA\u202eyM", "ppAyM"),
        ("Clau\U000e0041\u200bde", "Claude"),
        ("Claude \u2714 Verified", "Claude"),
        ("\u3164 \u200b\u2800", None),
        ("\u2714 Verified", None),
    ],
    ids=ascii,
)
def test_a_name_loses_invisible_characters_and_claims(sent: str, kept: str | None) -> None:
    response = register(client_name=sent)
    assert response.status_code == 201
    assert response.json().get("client_name") == kept
    assert Client.objects.get().name == (kept or "")


def test_a_long_name_of_invisible_characters_is_no_name() -> None:
    assert "client_name" not in register(client_name="\u200b" * 9_000).json()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("\u200fמחשב\u200f (2)\u200e", "מחשב (2)"),
        ("\u061cمحرك\u200f 2", "محرك 2"),
        ("\u202bמחשב\u202c", "מחשב"),
        ("\u2067تطبيق\u2069 AI", "تطبيق AI"),
        ("שָׁלֵם", "שָׁלֵם"),
        ("مُحَرِّك", "مُحَرِّك"),
        ("\u200f\u05e8\u05e9\u05de\u05d9\u200f - מחשב", "מחשב"),  # official
        ("\u202bClaude\u200f (ver\u200eified)\u202c", "Claude"),
    ],
    ids=ascii,
)
def test_a_name_keeps_its_letters_and_loses_marks_of_direction(sent: str, kept: str) -> None:
    """Marks, embeddings and isolates are removed alike: pages isolate each name (<bdi>), so none is needed."""
    answer = register(client_name=sent)
    assert (answer.status_code, answer.json()["client_name"]) == (201, unicodedata.normalize("NFC", kept))


@pytest.mark.parametrize(
    "name", ["x" * 255, "Ünïcödé", "日本語アプリ", "تطبيق", "App 👩💻 Studio", "Verified Permissions Explorer"]
)
def test_a_name_may_be_in_any_language(name: str) -> None:
    assert register(client_name=name).json()["client_name"] == name


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b'"text"', b"[" * 60_000, b'{"a": "\\ud800"}'])
def test_a_body_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    response = Browser().post("/oauth/register", body, content_type="application/json")
    assert is_refused(response, "invalid_client_metadata")


def test_a_refusal_leaves_an_event_with_its_reason() -> None:
    register(redirect_uris=["http://app.example.com/callback"])
    event = Event.objects.get(kind=Event.Kind.REGISTRATION)
    assert (event.outcome, event.reason) == ("refused", "invalid_redirect_uri")
    assert "plain http" in event.detail


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_allowed(method: str) -> None:
    response = getattr(Browser(), method)("/oauth/register")
    assert (response.status_code, response["Content-Type"]) == (405, "application/json")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("uri", ["https://evil%2Eexample/keys", "https://evil.example./keys", "https://127.1/keys"])
def test_keys_are_at_an_address_that_is_read_in_one_way(uri: str) -> None:
    response = register(token_endpoint_auth_method="private_key_jwt", jwks_uri=uri)
    assert is_refused(response, "invalid_client_metadata", "jwks_uri")


def test_a_client_can_demand_tokens_that_are_bound_to_its_key() -> None:
    """RFC 9449 section 5.2."""
    assert register(dpop_bound_access_tokens=True).json()["dpop_bound_access_tokens"] is True
    assert "dpop_bound_access_tokens" not in register(dpop_bound_access_tokens=False).json()
    assert register(dpop_bound_access_tokens="often").json()["error"] == "invalid_client_metadata"
