"""Limits on the size of a client's metadata and on the number of registered clients."""

import time
from typing import Any

import pytest
from django.utils import timezone

from accounts.clients import public_keys
from accounts.clients import unused as unused_clients
from accounts.clients.metadata.validation import MOST_STORED
from accounts.models import Client
from tests.support.factories import make_authorization, make_client, make_user
from tests.support.flows import App, register

pytestmark = pytest.mark.django_db

BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}

POINT = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def keys(*members: dict[str, Any]) -> dict[str, Any]:
    return {**BY_KEY, "jwks": {"keys": [{**POINT, **each} for each in members]}}


@pytest.mark.parametrize(
    "metadata",
    [
        keys({"kid": "k" * 256}),
        keys({"use": "s" * 65}),
        {**BY_KEY, "jwks": {"keys": [{"kty": "RSA", "e": "AQAB", "n": "A" * 2732}]}},
        {**BY_KEY, "jwks": {"keys": [{"kty": "RSA", "e": "A" * 65, "n": "AQAB"}]}},
        keys(*[{"kid": str(number)} for number in range(public_keys.MOST_LISTED + 1)]),
        {"redirect_uris": [f"https://app.example/{number}{'x' * 1960}" for number in range(20)]},
        {"scope": "read " * 1000},
    ],
    ids=["key id", "use", "modulus", "exponent", "keys", "all together", "scope"],
)
def test_client_metadata_that_is_too_large_is_refused(metadata: dict[str, Any]) -> None:
    response = register(**metadata)
    assert response.status_code == 400
    assert response.json()["error"].startswith("invalid_")
    assert not Client.objects.exists()


def test_of_a_key_only_its_public_members_are_stored() -> None:
    answer = register(**keys({"kid": "one", "x5c": ["A" * 20_000], "invented": "A" * 20_000, "d": "secret"}))
    assert answer.status_code == 201
    assert Client.objects.get().jwks == {"keys": [{**POINT, "kid": "one"}]}


@pytest.mark.parametrize(
    "key",
    [{"kty": "oct", "alg": "none"}, {"kty": "oct", "k": "AA"}, {**POINT, "alg": "none"}, {"kty": []}, {}, None, 1],
)
def test_a_key_that_proves_nothing_is_refused_and_skipped_beside_a_good_one(key: Any) -> None:
    response = register(**{**BY_KEY, "jwks": {"keys": [key]}})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert register(**{**BY_KEY, "jwks": {"keys": [key, POINT]}}).status_code == 201
    assert Client.objects.get().jwks == {"keys": [POINT]}


def test_the_largest_metadata_that_is_taken_is_stored_whole() -> None:
    uris = [f"https://app.example/{number:02}{'x' * 1450}" for number in range(20)]
    assert register(redirect_uris=uris).status_code == 201
    assert MOST_STORED * 0.8 < len(Client.objects.get().redirect_uris) < MOST_STORED


def test_the_number_of_unused_clients_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused_clients, "MOST_UNUSED", {Client.RegistrationSource.DCR: 3})
    apps = [App.register() for _ in range(6)]
    make_authorization(make_user(), apps[0].row)
    Client.objects.filter(pk=apps[1].row.pk).update(suspended_at=timezone.now())
    by_hand = make_client()
    unused_clients.trim()
    left = set(Client.objects.values_list("client_id", flat=True))
    assert left == {by_hand.client_id, *(app.client_id for app in (apps[0], apps[1], *apps[3:]))}


def test_registering_trims_unused_clients_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(unused_clients, "MOST_UNUSED", {Client.RegistrationSource.DCR: 2})
    for _ in range(5):
        monkeypatch.setattr(unused_clients, "_checked", time.monotonic() - unused_clients.CHECK_SECONDS)
        assert register().status_code == 201
    assert Client.objects.count() == 2
