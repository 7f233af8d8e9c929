"""Attempts of devices to connect (RFC 8628): where each stopped, and what to do."""

import pytest

from accounts.diagnosis import devices
from accounts.models import DeviceCode
from accounts.models.device_codes import ENTERED, ISSUED
from tests.support.attempts import call, later, steps, the_attempt
from tests.support.factories import make_user
from tests.support.flows import sign_in
from tests.support.oauth.devices import Device, approve, decide, type_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def test_device_that_connects_is_one_attempt() -> None:
    device = Device.register()
    codes = device.codes()
    device.poll(codes["device_code"])
    approve(sign_in(make_user("ada")), codes["user_code"])
    call(device.poll(codes["device_code"]).json()["access_token"])
    attempt = the_attempt()
    expected = ["registration", "request", "sign-in", "request", "consent", "token", "first call"]
    assert steps(attempt) == expected
    assert (attempt.state, attempt.username) == ("connected", "ada")


def test_code_that_nobody_typed_is_explained() -> None:
    Device.register().codes()
    later(minutes=11)
    attempt = the_attempt()
    assert (attempt.state, attempt.explanation) == ("stopped", devices.STOPPED[ISSUED])


def test_code_that_was_typed_but_not_decided_is_explained() -> None:
    type_code(sign_in(), Device.register().codes()["user_code"])
    later(minutes=11)
    attempt = the_attempt()
    assert (attempt.state, attempt.explanation) == ("stopped", devices.STOPPED[ENTERED])


def test_device_that_does_not_return_is_explained() -> None:
    approve(sign_in(), Device.register().codes()["user_code"])
    later(minutes=11)
    attempt = the_attempt()
    assert (attempt.state, attempt.explanation) == ("stopped", devices.STOPPED["approved"])


def test_device_of_a_person_who_cancelled_did_not_fail() -> None:
    device, browser = Device.register(), sign_in()
    codes = device.codes()
    decide(browser, type_code(browser, codes["user_code"]), "cancel")
    device.poll(codes["device_code"])
    attempt = the_attempt()
    assert (attempt.state, attempt.is_failed) == ("cancelled", False)


def test_code_that_expired_is_explained() -> None:
    device = Device.register()
    codes = device.codes()
    DeviceCode.objects.update(expires_at=DeviceCode.objects.get().created_at)
    device.poll(codes["device_code"])
    attempt = the_attempt()
    assert (attempt.state, attempt.explanation) == ("refused", devices.EXPLANATIONS["expired_device_code"])


def test_code_that_was_typed_wrong_is_explained_to_the_person() -> None:
    browser = sign_in()
    type_code(browser, "BBBB-BBBB")
    attempt = the_attempt()
    assert (attempt.state, attempt.explanation) == ("refused", devices.EXPLANATIONS["unknown_user_code"])
    assert "The code that the person typed is on no device" in browser.get("/apps").text
