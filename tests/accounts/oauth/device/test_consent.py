"""Consent for a device: the page of every consent, with what is known of the device, and never remembered."""

from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Authorization, Client, DeviceCode, Event, User
from accounts.oauth.consent_page import CHANGED
from tests.support.factories import make_user
from tests.support.flows import App, register, sign_in
from tests.support.oauth.devices import DEVICE_ALONE, DEVICE_CODE, Device, approve, decide, type_code

pytestmark = pytest.mark.django_db


def is_asked_again(response: Any) -> bool:
    return (
        response.status_code == 400 and str(CHANGED) in unescape(response.text) and not Authorization.objects.exists()
    )


def test_page_says_where_the_request_came_from(device: Device, browser: Browser) -> None:
    code = device.codes()["user_code"]
    DeviceCode.objects.update(address="192.0.2.7", agent="shell/1")
    page = type_code(browser, code).text
    assert "access goes to another device" in page
    for shown in ("192.0.2.7", "shell/1", code, "Any program can use this name. It has not been verified."):
        assert shown in page
    assert "This app can also send access to" not in page


def test_names_of_the_device_are_text(browser: Browser) -> None:
    device = Device.register(client_name="<b>Shell</b>")
    code = device.codes()["user_code"]
    DeviceCode.objects.update(agent="<img src=x>")
    page = type_code(browser, code).text
    assert "<img" not in page.replace('<img src="/static', "")
    assert "<b>Shell" not in page


def test_public_client_of_the_operator_is_not_verified_either(browser: Browser) -> None:
    """RFC 8628 section 5.6: anybody can use its client_id."""
    app = App.by_hand(token_endpoint_auth_method="none", grant_types=f"authorization_code {DEVICE_CODE}")
    page = type_code(browser, Device(App(app.client_id)).codes()["user_code"]).text
    assert "Any program can use this name. It has not been verified." in page
    assert "Added by the administrator" not in page


def test_client_of_the_operator_with_a_secret_is_verified_by_it(browser: Browser) -> None:
    app = App.by_hand(grant_types=f"authorization_code {DEVICE_CODE}")
    page = type_code(browser, Device(app).codes()["user_code"]).text
    assert "has not been verified" not in page


def test_scopes_can_be_left_out(device: Device, browser: Browser) -> None:
    page = type_code(browser, device.codes(scope="read write")["user_code"])
    assert page.text.count(" checked") >= 2
    decide(browser, page, scope="read")
    assert Authorization.objects.get().scope == "read"


@pytest.mark.parametrize("changes", [{"scope": None}, {"lifetime": "for ever"}, {"scope": "admin"}])
def test_answer_that_decides_nothing_is_asked_again(device: Device, browser: Browser, changes: Any) -> None:
    response = decide(browser, type_code(browser, device.codes()["user_code"]), **changes)
    assert (response.status_code, 'role="alert"' in response.text) == (400, True)
    assert not Authorization.objects.exists()
    assert DeviceCode.objects.get().is_pending


@pytest.mark.parametrize("decision", ["", "yes"])
def test_unknown_decision_is_asked_again(device: Device, browser: Browser, decision: str) -> None:
    page = type_code(browser, device.codes()["user_code"])
    response = browser.post("/device", {**hidden(page), "decision": decision})
    assert (response.status_code, DeviceCode.objects.get().is_pending) == (400, True)


def hidden(page: Any) -> dict[str, str]:
    return {
        "user_code": page.context["user_code"],
        "shown": page.context["shown"],
        "scope": "read",
        "lifetime": "hours",
    }


def test_scope_that_the_device_did_not_request_is_not_granted(device: Device, browser: Browser) -> None:
    decide(browser, type_code(browser, device.codes(scope="read")["user_code"]), scope=["read", "write"])
    assert Authorization.objects.get().scope == "read"


@pytest.mark.parametrize("shown", ["", "forged", "WyJmb3JnZWQiXQ:1r:signature", "☃"])
def test_answer_to_a_page_that_was_never_shown_is_refused(device: Device, browser: Browser, shown: str) -> None:
    page = type_code(browser, device.codes()["user_code"])
    for decision in ("approve", "cancel"):
        assert is_asked_again(decide(browser, page, decision, shown=shown))


def test_answer_to_what_another_person_was_shown_is_refused(device: Device, browser: Browser) -> None:
    assert is_asked_again(decide(browser, type_code(sign_in(make_user()), device.codes()["user_code"])))


def test_strangers_code_cannot_take_the_place_of_ones_own(device: Device, browser: Browser) -> None:
    """Session fixation: an answer counts only for the code that its page showed."""
    own, strangers = device.codes()["user_code"], device.codes()["user_code"]
    page = type_code(browser, own)
    type_code(browser, strangers)
    assert is_asked_again(decide(browser, page, user_code=strangers))
    decide(browser, page)
    [approved] = DeviceCode.objects.exclude(authorization=None)
    assert approved == DeviceCode.objects.earliest("pk")


def test_answer_to_the_page_of_the_authorization_endpoint_is_refused(browser: Browser) -> None:
    app = App.register(grant_types=["authorization_code", DEVICE_CODE], token_endpoint_auth_method="none")
    shown = browser.get(app.authorization_url()).context["shown"]
    page = type_code(browser, Device(app).codes()["user_code"])
    assert is_asked_again(decide(browser, page, shown=shown))


def test_client_that_changed_since_is_shown_again(device: Device, browser: Browser) -> None:
    page = type_code(browser, device.codes()["user_code"])
    Client.objects.update(name="Another")
    assert is_asked_again(decide(browser, page))


def test_consent_is_never_remembered(device: Device, browser: Browser) -> None:
    approve(browser, device.codes()["user_code"])
    second = type_code(browser, device.codes()["user_code"])
    assert 'value="approve"' in second.text
    assert "You connected this app on" in second.text
    assert Authorization.objects.count() == 1


def test_consent_for_a_device_is_not_remembered_in_the_browser(browser: Browser) -> None:
    app = App.by_hand(
        redirect_uris="https://app.example.com/callback", grant_types=f"authorization_code {DEVICE_CODE}", scope="read"
    )
    approve(browser, Device(app).codes()["user_code"])
    page = browser.get(app.authorization_url())
    assert (page.status_code, 'value="approve"' in page.text) == (200, True)


def test_decision_has_an_event_with_the_person_and_the_client(device: Device, browser: Browser, person: User) -> None:
    approve(browser, device.codes()["user_code"])
    decide(browser, type_code(browser, device.codes()["user_code"]), "cancel")
    approved, declined = Event.objects.filter(kind="authorization", action="approved").get(), Event.objects.latest("pk")
    assert (approved.user_id, approved.client_id) == (person.pk, device.app.client_id)
    assert approved.authorization_id == Authorization.objects.get().pk
    assert (declined.outcome, declined.reason, declined.user_id) == ("refused", "access_denied", person.pk)


def test_app_of_a_device_is_on_the_page_of_connected_apps(device: Device, browser: Browser) -> None:
    approve(browser, device.codes()["user_code"])
    page = browser.get("/apps").text
    assert "Shell" in page
    browser.post("/apps", {"client": "all"})
    assert not Authorization.objects.live().exists()


def test_not_you_leads_back_to_the_page_without_the_code(device: Device, browser: Browser) -> None:
    page = type_code(browser, device.codes()["user_code"])
    assert page.context["sign_in_url"] == "/accounts/login/?next=/device"


def test_another_app_of_that_name_is_named(browser: Browser) -> None:
    App.by_hand(name="Claude", redirect_uris="https://claude.ai/callback")
    client = register(**{**DEVICE_ALONE, "client_name": "Claude"}).json()
    page = type_code(browser, Device(App(client["client_id"])).codes()["user_code"]).text
    assert "Another app named Claude" in page
