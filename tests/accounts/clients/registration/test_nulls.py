"""Members of metadata that are null: they count as absent."""

from typing import Any

import pytest

from accounts.models import Client
from tests.support.flows import REDIRECT_URI, post_json
from tests.support.oauth.consent_pages import put
from tests.support.oauth.registration_requests import is_refused

pytestmark = pytest.mark.django_db

OPTIONAL = [
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks_uri",
    "jwks",
    "application_type",
    "client_id",
    "client_secret",
    "contacts",
    "software_statement",
]


def comparable(metadata: dict[str, Any]) -> dict[str, Any]:
    own = ("client_id", "client_id_issued_at", "client_secret", "registration_access_token", "registration_client_uri")
    return {name: value for name, value in metadata.items() if name not in own}


@pytest.mark.parametrize("members", [*([name] for name in OPTIONAL), OPTIONAL], ids=lambda names: "+".join(names)[:40])
def test_null_is_the_same_as_an_absent_member(members: list[str]) -> None:
    least = {"redirect_uris": [REDIRECT_URI]}
    absent = post_json("/oauth/register", least)
    null = post_json("/oauth/register", {**least, **dict.fromkeys(members)})
    assert (absent.status_code, null.status_code) == (201, 201)
    assert comparable(null.json()) == comparable(absent.json())


def test_null_is_the_same_as_an_absent_member_in_an_update() -> None:
    registered = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI], "client_uri": "https://a.example/"})
    members = dict.fromkeys(name for name in OPTIONAL if name != "client_id")
    answer = put(registered.json(), redirect_uris=[REDIRECT_URI], **members)
    assert answer.status_code == 200, answer.content
    client = Client.objects.get()
    assert (client.name, client.client_uri, client.scope) == ("", "", "read")
    assert client.token_endpoint_auth_method == "client_secret_basic"


def test_a_required_member_is_still_required() -> None:
    assert is_refused(post_json("/oauth/register", {"redirect_uris": None}), "invalid_redirect_uri", "required")


def test_an_update_must_name_its_client() -> None:
    registered = post_json("/oauth/register", {"redirect_uris": [REDIRECT_URI]}).json()
    answer = put({**registered}, redirect_uris=[REDIRECT_URI], client_id=None)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
