"""The device's requests for its token (RFC 8628 sections 3.4 and 3.5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client as Browser
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Client, DeviceCode, Event, ProtectedResource, RefreshToken, User
from accounts.revocation.authorizations import revoke
from tests.support.oauth.devices import DEVICE_CODE, Device, approve, decide, type_code
from tests.support.oauth.dpop import Prover

pytestmark = pytest.mark.django_db


def pass_seconds(seconds: float) -> None:
    by = timedelta(seconds=seconds)
    DeviceCode.objects.update(next_poll_at=F("next_poll_at") - by, expires_at=F("expires_at") - by)


def error_of(response: Any) -> str:
    assert (response.status_code, AccessToken.objects.exists()) == (400, False), response.content
    return str(response.json()["error"])


def test_undecided_request_is_pending(device: Device) -> None:
    assert error_of(device.poll(device.codes()["device_code"])) == "authorization_pending"


def test_on_slow_down_the_interval_must_be_increased_by_5_seconds_for_all_subsequent_requests(device: Device) -> None:
    """RFC 8628 section 3.5."""
    code = device.codes()["device_code"]
    assert error_of(device.poll(code)) == "authorization_pending"
    assert error_of(device.poll(code)) == "slow_down"
    pass_seconds(6)
    assert error_of(device.poll(code)) == "slow_down"
    pass_seconds(15.1)
    assert error_of(device.poll(code)) == "authorization_pending"
    pass_seconds(10)
    assert error_of(device.poll(code)) == "slow_down"


def test_device_that_keeps_to_the_interval_is_not_slowed_down(device: Device) -> None:
    code = device.codes()["device_code"]
    for _ in range(5):
        assert error_of(device.poll(code)) == "authorization_pending"
        pass_seconds(5)


def test_waiting_leaves_no_events(device: Device) -> None:
    code = device.codes()["device_code"]
    for _ in range(3):
        device.poll(code)
    assert not Event.objects.filter(kind="token").exists()


def test_impatient_device_gets_its_token_all_the_same(device: Device, browser: Browser) -> None:
    codes = device.codes()
    for _ in range(3):
        device.poll(codes["device_code"])
    approve(browser, codes["user_code"])
    assert device.poll(codes["device_code"]).status_code == 200


def test_expired_code_is_expired_token(device: Device) -> None:
    code = device.codes()["device_code"]
    pass_seconds(601)
    assert error_of(device.poll(code)) == "expired_token"
    event = Event.objects.get(kind="token")
    assert (event.outcome, event.reason, event.action) == ("refused", "expired_device_code", DEVICE_CODE)


def test_approved_code_that_expired_is_expired_token(device: Device, browser: Browser) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    pass_seconds(601)
    assert error_of(device.poll(codes["device_code"])) == "expired_token"


def test_request_that_the_person_declined_is_access_denied(device: Device, browser: Browser) -> None:
    codes = device.codes()
    decide(browser, type_code(browser, codes["user_code"]), "cancel")
    assert error_of(device.poll(codes["device_code"])) == "access_denied"
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("value", [None, ""])
def test_device_code_is_required(device: Device, value: str | None) -> None:
    assert error_of(device.poll(value)) == "invalid_request"


@pytest.mark.parametrize("value", ["unknown", "x" * 5000, "☃", "\ud800"])
def test_unknown_device_code_is_an_invalid_grant(device: Device, value: str) -> None:
    device.codes()
    sent = value.encode("utf-8", "surrogatepass").decode("latin-1")
    assert error_of(device.poll(sent)) == "invalid_grant"


def test_device_code_with_nul_is_refused(device: Device) -> None:
    assert error_of(device.poll("a\x00b")) == "invalid_request"


def test_device_code_sent_twice_is_refused(device: Device) -> None:
    code = device.codes()["device_code"]
    assert error_of(device.poll([code, code])) == "invalid_request"


def test_user_code_is_no_device_code(device: Device, browser: Browser) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    assert error_of(device.poll(codes["user_code"])) == "invalid_grant"


def test_code_of_another_client_is_an_invalid_grant(device: Device, browser: Browser) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    assert error_of(Device.register().poll(codes["device_code"])) == "invalid_grant"


def test_client_that_was_issued_credentials_must_authenticate(browser: Browser) -> None:
    """RFC 8628 section 3.4: it "MUST authenticate with the authorization server"."""
    device = Device.register(token_endpoint_auth_method="client_secret_post")
    codes = device.codes()
    approve(browser, codes["user_code"])
    refused = device.poll(codes["device_code"], client_secret=None)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert device.poll(codes["device_code"]).status_code == 200


def test_code_used_twice_ends_the_authorization(device: Device, browser: Browser) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    assert device.poll(codes["device_code"]).status_code == 200
    again = device.poll(codes["device_code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not Authorization.objects.live().exists()
    assert Event.objects.get(kind="revocation").reason == "code_reused"


def test_scope_and_lifetime_are_those_that_the_person_chose(device: Device, browser: Browser) -> None:
    codes = device.codes(scope="read write offline_access")
    approve(browser, codes["user_code"], scope="write", lifetime="hours")
    assert device.poll(codes["device_code"]).json()["scope"] == "write offline_access"
    authorization = Authorization.objects.get()
    assert authorization.scope == "write offline_access"
    assert authorization.expires_at is not None
    assert timedelta(hours=7) < authorization.expires_at - timezone.now() <= timedelta(hours=8)


def test_client_without_refresh_tokens_gets_none(browser: Browser) -> None:
    device = Device.register(grant_types=[DEVICE_CODE])
    codes = device.codes()
    approve(browser, codes["user_code"])
    assert "refresh_token" not in device.poll(codes["device_code"]).json()
    assert not RefreshToken.objects.exists()


def test_token_is_bound_to_the_key_of_a_proof(device: Device, browser: Browser) -> None:
    """RFC 9449 section 5."""
    codes, prover = device.codes(), Prover()
    approve(browser, codes["user_code"])
    answer = device.poll(codes["device_code"], dpop=prover.proof()).json()
    assert answer["token_type"] == "DPoP"
    token = AccessToken.objects.get(token_checksum=checksum(answer["access_token"]))
    assert (token.dpop_jkt, RefreshToken.objects.get().dpop_jkt) == (prover.thumbprint, prover.thumbprint)


def test_client_that_must_prove_a_key_does_so(device: Device, browser: Browser) -> None:
    Client.objects.update(requires_dpop=True)
    codes = device.codes()
    approve(browser, codes["user_code"])
    assert error_of(device.poll(codes["device_code"])) == "invalid_dpop_proof"
    assert device.poll(codes["device_code"], dpop=Prover().proof()).status_code == 200


# --- Revoked means revoked -------------------------------------------------------------------------


def suspend_client() -> None:
    Client.objects.update(suspended_at=timezone.now())


def suspend_person() -> None:
    User.objects.update(is_active=False)


def withdraw() -> None:
    revoke(Authorization.objects.all(), reason="person")


def let_expire() -> None:
    Authorization.objects.update(expires_at=timezone.now())


@pytest.mark.parametrize("end", [suspend_client, suspend_person, withdraw, let_expire])
def test_approval_that_ended_before_the_poll_gives_no_token(device: Device, browser: Browser, end: Any) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    end()
    refused = device.poll(codes["device_code"])
    assert refused.json()["error"] in ("invalid_grant", "invalid_client")
    assert not AccessToken.objects.exists()


def test_deleted_person_gives_no_token(device: Device, browser: Browser, person: User) -> None:
    codes = device.codes()
    approve(browser, codes["user_code"])
    person.delete()
    assert error_of(device.poll(codes["device_code"])) == "invalid_grant"


def test_resource_that_was_switched_off_gives_no_token(device: Device, browser: Browser) -> None:
    ProtectedResource.objects.create(identifier="https://other.example.com/mcp", name="Other")
    codes = device.codes(resource="https://other.example.com/mcp")
    page = type_code(browser, codes["user_code"])
    assert "other.example.com" in page.text
    decide(browser, page)
    ProtectedResource.objects.update(is_active=False)
    assert error_of(device.poll(codes["device_code"])) == "invalid_grant"


def test_token_is_for_the_resource_that_the_device_named(device: Device, browser: Browser) -> None:
    ProtectedResource.objects.create(identifier="https://other.example.com/mcp", name="Other")
    codes = device.codes(resource="https://other.example.com/mcp")
    approve(browser, codes["user_code"])
    assert device.poll(codes["device_code"], resource="http://localhost/mcp").json()["error"] == "invalid_target"
    assert device.poll(codes["device_code"]).status_code == 200
    assert AccessToken.objects.get().resource == ["https://other.example.com/mcp"]
