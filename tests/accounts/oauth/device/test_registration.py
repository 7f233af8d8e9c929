"""Registration of clients for devices (RFC 7591): without a redirect URI, because no browser returns to them."""

import pytest

from accounts.models import Client
from tests.support.flows import REDIRECT_URI, register, sign_in
from tests.support.oauth.devices import DEVICE_ALONE, DEVICE_CODE, Device

pytestmark = pytest.mark.django_db


def test_client_for_devices_alone_needs_no_redirect_uri() -> None:
    answer = register(**DEVICE_ALONE)
    assert answer.status_code == 201, answer.content
    client = answer.json()
    assert (client["redirect_uris"], client["response_types"]) == ([], [])
    assert set(client["grant_types"]) == {DEVICE_CODE, "refresh_token"}
    row = Client.objects.get()
    row.clean()
    assert (str(row), row.redirect_uris) == ("Shell", "")


def test_redirect_uris_of_a_client_for_devices_alone_are_left_out() -> None:
    client = register(**{**DEVICE_ALONE, "redirect_uris": [REDIRECT_URI, "javascript:alert(1)"]}).json()
    assert client["redirect_uris"] == []


def test_client_for_devices_alone_has_no_authorization_page(device: Device) -> None:
    response = sign_in().get(device.app.authorization_url(redirect_uri=None))
    assert (response.status_code, "Invalid redirect_uri" in response.text) == (400, True)


def test_client_for_both_needs_a_redirect_uri() -> None:
    both = {**DEVICE_ALONE, "grant_types": ["authorization_code", DEVICE_CODE], "response_types": ["code"]}
    assert register(**both).json()["error"] == "invalid_redirect_uri"
    answer = register(**{**both, "redirect_uris": [REDIRECT_URI]}).json()
    assert (answer["redirect_uris"], answer["response_types"]) == ([REDIRECT_URI], ["code"])


def test_client_with_a_secret_keeps_it() -> None:
    answer = register(**{**DEVICE_ALONE, "token_endpoint_auth_method": "client_secret_post"}).json()
    assert answer["client_secret"]
