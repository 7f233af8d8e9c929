"""A device connects: it asks for a code, a person types and approves that elsewhere, the device gets a token."""

import pytest

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Event, User
from tests.support.flows import RESOURCE, sign_in
from tests.support.oauth.devices import DEVICE_CODE, Device, approve

pytestmark = pytest.mark.django_db


def test_device_gets_its_tokens_once_the_person_has_approved(person: User) -> None:
    device = Device.register()
    codes = device.codes(scope="read")
    assert device.poll(codes["device_code"]).json()["error"] == "authorization_pending"

    page = approve(sign_in(person), codes["user_code"])

    assert "Go back to your device" in page.text
    answer = device.poll(codes["device_code"])
    assert answer.status_code == 200, answer.content
    token = AccessToken.objects.get(token_checksum=checksum(answer.json()["access_token"]))
    assert (token.user, token.scope, token.resource) == (person, "read", [RESOURCE])
    assert token.authorization.origin == Authorization.Origin.DEVICE
    assert device.app.refresh(answer.json()["refresh_token"]).status_code == 200
    happened = Event.objects.filter(kind__in=("authorization", "token")).order_by("pk").values_list("action", flat=True)
    assert list(happened) == ["device code issued", "device code entered", "approved", DEVICE_CODE, "refresh_token"]
