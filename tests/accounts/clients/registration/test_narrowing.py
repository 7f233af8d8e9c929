"""Registrations of which a part may not be registered: the rest is, and the response states what that is."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.clients.redirect_uris import MOST_URIS
from accounts.models import BlockedDomain, Client, Event
from tests.support.flows import REDIRECT_URI, App, ask, post_json, register, sign_in
from tests.support.oauth.consent_pages import put
from tests.support.oauth.metadata_documents import KEYS
from tests.support.oauth.registration_requests import REAL_CLIENTS, is_refused

pytestmark = pytest.mark.django_db

CURSOR = REAL_CLIENTS["Cursor"]["redirect_uris"]
APP = "com.example.app:/callback"
WEB = "https://app.example.com/callback"
DANGEROUS: list[Any] = [
    "javascript:alert(1)",
    "JavaScript://app.example.com/%0aalert(1)",
    "data:text/html,hello",
    "myapp://callback",
    "http://app.example.com/callback",
    "https://app.example.com@evil.example/",
    "https://evil%2Eexample/callback",
    "https://app.example.com/callback#part",
    "https://*.example.com/callback",
    f"{REDIRECT_URI} https://evil.example",
    "https://app.example.com/" + "a" * 2000,
    "/callback",
    "",
    None,
    5,
    {},
    [WEB],
]


def detail() -> str:
    return Event.objects.filter(kind=Event.Kind.REGISTRATION).latest("pk").detail


@pytest.mark.parametrize("asked", [{}, {"token_endpoint_auth_method": "client_secret_post"}])
def test_a_client_with_the_scheme_of_a_native_app_becomes_public(asked: dict[str, str]) -> None:
    answer = post_json("/oauth/register", {"client_name": "Cursor", "redirect_uris": CURSOR, **asked})
    registered = answer.json()
    assert (answer.status_code, registered["token_endpoint_auth_method"]) == (201, "none")
    assert registered["redirect_uris"] == CURSOR
    assert not {"client_secret", "client_secret_expires_at"} & set(registered)
    client = Client.objects.get()
    assert (client.is_public, client.client_type, client.client_secret) == (True, "public", "")
    assert detail() == f"Registered without a secret, which a native app cannot keep: '{CURSOR[0]}'."
    for redirect_uri in CURSOR:
        assert App(client.client_id, redirect_uri=redirect_uri).connect(sign_in())["refresh_token"]


def test_a_client_that_authenticates_with_its_key_remains_one_with_the_scheme_of_a_native_app() -> None:
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS}
    assert register(redirect_uris=[APP, WEB], **by_key).json()["token_endpoint_auth_method"] == "private_key_jwt"
    assert detail() == ""


@pytest.mark.parametrize("uri", DANGEROUS, ids=lambda uri: repr(uri)[:40])
def test_a_bad_redirect_uri_is_left_out_beside_a_good_one_and_cannot_be_used(uri: Any) -> None:
    for uris in ([uri, REDIRECT_URI], [REDIRECT_URI, uri]):
        answer = register(redirect_uris=uris)
        assert (answer.status_code, answer.json()["redirect_uris"]) == (201, [REDIRECT_URI])
        assert answer.json()["token_endpoint_auth_method"] == "client_secret_basic"
        client = Client.objects.latest("pk")
        assert client.redirect_uris == REDIRECT_URI
        named = f"'{uri[:60]}'" if isinstance(uri, str) else "a value of another type"
        assert detail() == f"Redirect URIs that may not be registered were left out: {named}."
        if isinstance(uri, str) and uri:
            page = ask(sign_in(), App(client.client_id, redirect_uri=uri))
            assert (page.status_code, "Location" in page) == (400, False)


def test_a_registration_without_a_good_redirect_uri_is_refused_with_the_first_reason() -> None:
    answer = register(redirect_uris=["http://app.example.com/callback", "javascript:alert(1)"])
    assert is_refused(answer, "invalid_redirect_uri", "plain http")


def test_the_first_redirect_uris_are_kept_of_too_many() -> None:
    uris = [f"https://app.example.com/{number}" for number in range(MOST_URIS + 3)]
    assert register(redirect_uris=["nonsense", *uris]).json()["redirect_uris"] == uris[:MOST_URIS]
    assert detail().endswith(f"'nonsense', '{uris[-3]}', '{uris[-2]}', '{uris[-1]}'.")
    assert is_refused_as_endless(["x"] * 101)


def is_refused_as_endless(uris: list[str]) -> bool:
    answer = register(redirect_uris=[REDIRECT_URI, *uris])
    return (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


def test_the_event_names_few_redirect_uris_and_only_their_beginnings() -> None:
    uris = [f"http://app.example.com/{number}/\u202e{'é' * 90}" for number in range(90)]
    register(redirect_uris=[APP, *uris])
    told = detail()
    assert told.isascii()
    assert told.isprintable()
    assert "http://app.example.com/3/" in told
    assert "http://app.example.com/4/" not in told
    assert " and 86 more. " in told


def test_a_scheme_that_the_operator_lists_is_not_left_out(settings: Settings) -> None:
    settings.PRIVATE_SCHEMES = ["myapp"]
    assert register(redirect_uris=[WEB, "myapp://callback"]).json()["token_endpoint_auth_method"] == "none"


def test_a_blocked_domain_refuses_the_whole_registration() -> None:
    BlockedDomain.objects.create(domain="evil.example")
    answer = register(redirect_uris=[REDIRECT_URI, "https://evil.example/callback"])
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
    assert not Client.objects.exists()


@pytest.mark.parametrize("sent", ["x" * 256, "x" * 20_000, " \u200f" + "x\u200b" * 300])
def test_a_long_name_is_cut(sent: str) -> None:
    assert register(client_name=sent).json()["client_name"] == "x" * 255
    assert len(Client.objects.get().name) == 255


@pytest.mark.parametrize("letter", ["\u0958", "\ufb2c", "\u1f82", "\U0001d160"])
def test_a_name_whose_normal_form_is_longer_is_cut_to_what_is_stored(letter: str) -> None:
    assert register(client_name=letter * 255).status_code == 201
    assert 0 < len(Client.objects.get().name) <= 255


def test_a_claim_at_the_place_where_a_name_is_cut_is_removed() -> None:
    assert register(client_name=f"{'x' * 240} (verified) and more").json()["client_name"] == "x" * 240 + " and"
    assert register(client_name=f"{'x' * 245} (verified)").json()["client_name"].strip("x") in ("", " (verifi")


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256K", "x" * 100])
def test_an_unknown_algorithm_of_assertions_is_left_out(algorithm: str) -> None:
    assert "token_endpoint_auth_signing_alg" not in register(token_endpoint_auth_signing_alg=algorithm).json()


def test_an_update_is_narrowed_too() -> None:
    registered = register().json()
    answer = put(registered, redirect_uris=[WEB, "javascript:alert(1)"])
    assert (answer.status_code, answer.json()["redirect_uris"]) == (200, [WEB])
    assert "'javascript:alert(1)'" in detail()


def test_an_update_does_not_take_a_secret_away() -> None:
    registered = register().json()
    answer = put(registered, redirect_uris=[APP, WEB])
    assert answer.json()["redirect_uris"] == [WEB]
    assert answer.json()["token_endpoint_auth_method"] == "client_secret_basic"
    assert f"'{APP}'" in detail()
    assert App(registered["client_id"], registered["client_secret"], WEB).connect()["access_token"]
    refused = put(registered, redirect_uris=[APP])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")


def test_a_client_that_became_public_may_send_its_metadata_again() -> None:
    metadata = {"redirect_uris": CURSOR, "token_endpoint_auth_method": "client_secret_basic"}
    registered = register(**metadata).json()
    assert put(registered, **metadata).json()["token_endpoint_auth_method"] == "none"
    assert put(registered, redirect_uris=[WEB]).json()["token_endpoint_auth_method"] == "none"
    assert Client.objects.get().is_public


def test_a_redirect_uri_that_is_named_twice_is_registered_once() -> None:
    answer = post_json("/oauth/register", {"redirect_uris": [WEB, *[REDIRECT_URI] * MOST_URIS, WEB]})
    assert answer.json()["redirect_uris"] == [WEB, REDIRECT_URI]
    assert Event.objects.get(kind="registration").detail == ""


def test_a_reason_is_in_letters_that_the_rfc_allows() -> None:
    answer = post_json("/oauth/register", {"redirect_uris": ["myapp://callback"]})
    assert "(com.example.app:/...)" in answer.json()["error_description"]
