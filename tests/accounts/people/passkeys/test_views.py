"""The endpoints behind the buttons for passkeys."""

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.people.passkeys.forms import LONGEST_NAME
from tests.support.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_limits")]

ADD, LIST, LOGIN = reverse("mfa_add_webauthn"), reverse("mfa_list_webauthn"), reverse("account_login")
JSON = {"Accept": "application/json"}


@pytest.fixture
def browser(signed_in: Browser) -> Browser:
    return signed_in


def confirm(browser: Browser) -> None:
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def key_of(person: User) -> Authenticator:
    return Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"})


def test_options_ask_for_a_passkey_in_the_name_of_the_server(browser: Browser, settings: Settings) -> None:
    settings.SERVER_NAME = "City Library"
    confirm(browser)
    options = browser.get(ADD, headers=JSON).json()["creation_options"]["publicKey"]
    assert options["rp"]["name"] == "City Library"
    assert options["user"]["name"] == "ada"
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["requireResidentKey"]) == ("preferred", False)


def test_options_need_a_recent_authentication(browser: Browser) -> None:
    response = browser.get(ADD, headers=JSON)
    assert response.status_code == 302
    assert unquote(response["Location"]) == f"{reverse('account_reauthenticate')}?next={ADD}"
    assert unquote(Browser().get(ADD, headers=JSON)["Location"]) == f"{LOGIN}?next={ADD}"


@pytest.mark.parametrize("page", [reverse("mfa_index"), LIST, ADD])
def test_each_page_about_passkeys_has_the_button(browser: Browser, page: str) -> None:
    confirm(browser)
    shown = browser.get(page).text
    assert "Add a passkey</button>" in shown
    assert "Passkeys need JavaScript" in shown
    assert 'id="passkey-problem" role="alert" hidden' in shown


@pytest.mark.parametrize(
    "sent", ["", "{}", "[]", "null", "1", '{"id": "x"}', "not JSON", '{"a": "' + "x" * 20_000 + '"}']
)
def test_response_that_is_none_is_refused_on_the_page(browser: Browser, sent: str) -> None:
    confirm(browser)
    browser.get(ADD, headers=JSON)
    page = browser.post(ADD, {"credential": sent, "name": "x" * 5000, "passwordless": "on"})
    assert page.status_code == 200
    assert 'class="note error" role="alert">' in page.text
    assert not Authenticator.objects.exists()


def test_name_can_be_changed_and_is_of_limited_length(browser: Browser, ada: User) -> None:
    key = key_of(ada)
    confirm(browser)
    page = reverse("mfa_edit_webauthn", args=[key.pk])
    refused = browser.post(page, {"name": "x" * (LONGEST_NAME + 1)}).text
    assert re.search(r'<input[^>]* aria-invalid="true"[^>]* aria-describedby="id_name_error"', refused)
    assert browser.post(page, {"name": "Desk"})["Location"] == LIST
    key.refresh_from_db()
    assert key.data["name"] == "Desk"


@pytest.mark.parametrize(
    ("following", "back"),
    [("/apps", f"{LOGIN}?next=/apps"), ("", LOGIN), ("https://evil.example", LOGIN), ("//evil.example", LOGIN)],
)
def test_refused_passkey_leads_back_to_the_sign_in_page(following: str, back: str) -> None:
    refused = Browser().post(reverse("mfa_login_webauthn"), {"credential": "{}", "next": following})
    assert (refused.status_code, refused["Location"]) == (302, back)


def test_refused_passkey_of_a_signed_in_person_leads_back_to_its_page(browser: Browser, ada: User) -> None:
    key_of(ada)
    page = reverse("mfa_reauthenticate_webauthn")
    refused = browser.post(page, {"credential": "{}", "next": "/apps"})
    assert (refused.status_code, refused["Location"]) == (302, f"{page}?next=/apps")


RESPONSES = [
    {"id": "x"},
    {"id": "eA", "rawId": "eA", "response": {}, "type": "public-key"},
    {"id": "eA", "rawId": "eA", "response": [], "type": "public-key"},
    {"id": [], "rawId": {}, "response": "x", "type": 1},
    {"response": {"userHandle": "MQ", "authenticatorData": "eA", "clientDataJSON": "e30", "signature": "eA"}},
    {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {"userHandle": "MQ", "authenticatorData": "eA", "clientDataJSON": "e30", "signature": "eA"},
    },
    {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {"attestationObject": "eA", "clientDataJSON": "eA", "transports": {}},
    },
    {"id": "eA", "rawId": "eA", "response": {"attestationObject": "o2N", "clientDataJSON": "e30"}},
    {"id": "eA", "rawId": "eA", "response": {"userHandle": {"a": 1}}},
    {"id": "eA", "rawId": "eA", "response": {"userHandle": "_w"}},
]


@pytest.mark.parametrize("sent", RESPONSES)
def test_response_that_no_passkey_gives_is_no_failure(browser: Browser, ada: User, sent: dict[str, Any]) -> None:
    confirm(browser)
    browser.get(ADD, headers=JSON)
    data = {"credential": json.dumps(sent)}
    assert browser.post(ADD, data).status_code == 200
    key_of(ada)
    stranger = Browser()
    stranger.get(reverse("mfa_login_webauthn"), headers=JSON)
    assert stranger.post(reverse("mfa_login_webauthn"), data)["Location"] == LOGIN
    page = reverse("mfa_reauthenticate_webauthn")
    assert browser.post(page, data)["Location"] == page
