"""The page on which a person types the code (RFC 8628 sections 3.3, 5.1 and 6.1)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Authorization, Client, DeviceCode, Event, User
from accounts.pruning import device_codes
from tests.support.factories import make_user
from tests.support.flows import sign_in
from tests.support.oauth.devices import Device, approve, decide, type_code

pytestmark = pytest.mark.django_db

WARNING = "Only continue if you started this on a device that you have in front of you."


def is_consent_page(text: str) -> bool:
    return 'value="approve"' in text and WARNING in text


def test_page_requires_a_sign_in_and_comes_back(device: Device) -> None:
    code = device.codes()["user_code"]
    response = Browser().get("/device", {"user_code": code})
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [f"/device?user_code={code}"]
    posted = type_code(Browser(), code)
    assert (posted.status_code, posted["Location"]) == (302, "/accounts/login/?next=/device")


@pytest.mark.parametrize("path", ["/device", "/device/"])
def test_page_asks_for_the_code_and_warns(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert (page.status_code, WARNING in page.text) == (200, True)
    assert "Type the code that your device shows." in page.text


def test_code_in_a_link_is_filled_in_but_decides_nothing(device: Device, browser: Browser) -> None:
    """RFC 8628 section 3.3.1: the person still has to confirm that the device shows this code."""
    complete = device.codes()["verification_uri_complete"]
    page = browser.get(complete.removeprefix("http://localhost"))
    assert "Does your device show this code? Continue only if it does." in page.text
    assert f'value="{complete[-9:]}"' in page.text
    assert not is_consent_page(page.text)
    assert not Event.objects.filter(action="device code entered").exists()


@pytest.mark.parametrize("value", ["", "<script>", "AEIO-UAEI", "x" * 5000, "\x00", "%ff"])
def test_anything_else_in_a_link_is_not_shown(browser: Browser, value: str) -> None:
    page = browser.get("/device", {"user_code": value})
    assert "Type the code that your device shows." in page.text
    assert "<script>" not in page.text.replace("<script src", "")


def test_link_uses_up_no_attempt(browser: Browser, settings: Settings) -> None:
    settings.LIMITS = {"device_entries_person": "1/hour"}
    for _ in range(3):
        assert browser.get("/device", {"user_code": "WDJB-MJHT"}).status_code == 200


@pytest.mark.parametrize(
    "spelled", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} – {code[5:]} ", ".".join]
)
def test_code_may_be_typed_in_either_case_with_or_without_dashes_and_spaces(
    device: Device, browser: Browser, spelled: object
) -> None:
    """RFC 8628 section 6.1."""
    assert callable(spelled)
    page = type_code(browser, spelled(device.codes()["user_code"]))
    assert (page.status_code, is_consent_page(page.text)) == (200, True)


@pytest.mark.parametrize(
    "typed", ["", "WDJB", "WDJB-MJHTX", "AEIO-UAEI", "12345678", "x" * 5000, "\x00", "\ud800", "☃"]
)
def test_what_is_no_code_is_said_to_be_none(device: Device, browser: Browser, typed: str) -> None:
    device.codes()
    page = browser.post("/device", {"user_code": typed.encode("utf-8", "surrogatepass").decode("latin-1")})
    assert (page.status_code, is_consent_page(page.text)) == (400, False)


def test_form_without_a_field_is_refused(browser: Browser) -> None:
    assert browser.post("/device").status_code == 400
    assert browser.post("/device", {"decision": "approve"}).status_code == 400


def test_unknown_code_is_refused_with_an_event(device: Device, browser: Browser, person: User) -> None:
    device.codes()
    page = type_code(browser, "BBBB-BBBB")
    assert (page.status_code, "This code is not known here" in page.text) == (400, True)
    event = Event.objects.get(outcome="refused")
    assert (event.kind, event.action, event.reason) == ("authorization", "device code entered", "unknown_user_code")
    assert (event.user_id, event.detail) == (person.pk, "")


def expire() -> None:
    DeviceCode.objects.update(expires_at=timezone.now())


def suspend() -> None:
    Client.objects.update(suspended_at=timezone.now())


def delete() -> None:
    Client.objects.all().delete()


@pytest.mark.parametrize("end", [expire, suspend, delete])
def test_code_that_has_ended_is_unknown(device: Device, browser: Browser, end: object) -> None:
    assert callable(end)
    code = device.codes()["user_code"]
    page = type_code(browser, code)
    end()
    assert type_code(browser, code).status_code == 400
    assert decide(browser, page).status_code == 400
    assert not Authorization.objects.exists()


def test_decided_code_is_unknown(device: Device, browser: Browser) -> None:
    first, second = device.codes()["user_code"], device.codes()["user_code"]
    approve(browser, first)
    decide(browser, type_code(browser, second), "cancel")
    assert [type_code(browser, code).status_code for code in (first, second)] == [400, 400]


def test_guesses_are_limited_for_each_person(device: Device, browser: Browser, settings: Settings) -> None:
    """RFC 8628 section 5.1: "the authorization server SHOULD rate limit user code attempts"."""
    settings.LIMITS = {"device_entries_person": "2/hour"}
    code = device.codes()["user_code"]
    assert [type_code(browser, "BBBB-BBBB").status_code for _ in range(3)] == [400, 400, 429]
    assert type_code(browser, code).status_code == 429
    assert type_code(sign_in(make_user()), code).status_code == 200
    assert Event.objects.filter(reason="too_many_user_codes").count() == 1


def test_guesses_are_limited_for_each_network(device: Device, browser: Browser, settings: Settings) -> None:
    settings.LIMITS = {"device_entries_address": "2/hour"}
    for _ in range(2):
        assert type_code(sign_in(make_user()), "BBBB-BBBB").status_code == 400
    assert type_code(browser, "BBBB-BBBB").status_code == 429


def test_valid_codes_use_up_no_attempt(device: Device, browser: Browser, settings: Settings) -> None:
    settings.LIMITS = {"device_entries_person": "2/hour"}
    for _ in range(4):
        approve(browser, device.codes()["user_code"])


def test_default_limits_leave_a_guesser_no_chance(settings: Settings) -> None:
    """At most 10 guesses while a code is valid, of 20^8 codes."""
    amount, _, period = settings.LIMITS["device_entries_person"].partition("/")
    assert (int(amount), period) == (10, "10minutes")


def test_form_from_another_site_is_refused(device: Device, person: User) -> None:
    careful = Browser(enforce_csrf_checks=True)
    careful.force_login(person)
    code = device.codes()["user_code"]
    for form in ({"user_code": code}, {"user_code": code, "decision": "approve", "scope": "read"}):
        response = careful.post("/device", form, headers={"Origin": "https://evil.example"})
        assert (response.status_code, is_consent_page(response.text)) == (403, False)
    assert not Authorization.objects.exists()


def test_page_cannot_be_framed_or_cached(browser: Browser) -> None:
    page = browser.get("/device")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


def test_codes_are_pruned_after_a_day(device: Device) -> None:
    device.codes()
    DeviceCode.objects.update(expires_at=timezone.now() - timedelta(hours=23))
    assert not device_codes().exists()
    DeviceCode.objects.update(expires_at=timezone.now() - timedelta(hours=25))
    assert device_codes().exists()
