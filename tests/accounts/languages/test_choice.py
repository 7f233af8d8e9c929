"""The language of pages: the person's choice, else ui_locales, else Accept-Language, else LANGUAGE_CODE."""

import re
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils.translation import get_language
from pytest_django import Settings

from accounts.languages.requests import FLOW_KEY
from accounts.models import PersonLanguage
from tests.support.factories import make_user
from tests.support.flows import App, approve, sign_in

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
GERMAN = {"Accept-Language": "de"}


def language(response: Any) -> str:
    """The language of a page, which its header and its element name."""
    found = re.search(r'<html lang="([^"]+)" dir="(ltr|rtl)"', response.text)
    assert found
    assert response["Content-Language"] == found[1]
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
    return found[1]


def choose(browser: Browser, code: str, page: str = "/") -> Any:
    return browser.post("/language/", {"language": code, "next": page})


def test_page_is_in_the_language_of_the_browser_or_the_default(client: Browser, settings: Settings) -> None:
    assert language(client.get(LOGIN)) == "en"
    assert language(client.get(LOGIN, headers=GERMAN)) == "de"
    assert language(client.get(LOGIN, headers={"Accept-Language": "nl"})) == "en"
    settings.LANGUAGE_CODE = "fr"
    assert language(client.get(LOGIN, headers={"Accept-Language": "nl"})) == "fr"


def test_arabic_page_is_right_to_left(client: Browser) -> None:
    assert '<html lang="ar" dir="rtl">' in client.get(LOGIN, headers={"Accept-Language": "ar"}).text


def test_choice_of_a_stranger_is_a_cookie(client: Browser, settings: Settings) -> None:
    response = choose(client, "fr", f"{LOGIN}?next=/apps")
    assert (response.status_code, response["Location"]) == (302, f"{LOGIN}?next=/apps")
    cookie = response.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["path"]) == ("fr", True, "Lax", "/")
    assert language(client.get(LOGIN, headers=GERMAN)) == "fr"
    assert not PersonLanguage.objects.exists()


def test_choice_of_a_person_is_stored_and_comes_with_each_sign_in() -> None:
    browser = sign_in(make_user("ann"))
    choose(browser, "fr")
    assert PersonLanguage.objects.get().language == "fr"
    elsewhere = sign_in(PersonLanguage.objects.get().user)
    assert language(elsewhere.get("/apps", headers=GERMAN)) == "fr"
    choose(elsewhere, "ar")
    assert PersonLanguage.objects.get().language == "ar"


def test_language_of_a_person_costs_a_page_no_query() -> None:
    browser = sign_in(make_user("ann"))
    choose(browser, "fr")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/apps")
    assert not [query for query in queries if "personlanguage" in query["sql"]]


@pytest.mark.parametrize("code", ["nl", "", "xx" * 400, "de\x00", "../de"])
def test_language_that_is_not_offered_changes_nothing(client: Browser, code: str) -> None:
    response = choose(client, code)
    assert response.status_code == 302
    assert not response.cookies


@pytest.mark.parametrize(
    "page",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nX: y", "apps"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_choice_never_leads_to_another_site(client: Browser, page: str, method: str) -> None:
    response = getattr(client, method)("/language/", {"language": "de", "next": page})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_choice_by_a_form_of_another_site_is_refused() -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert choose(browser, "de").status_code == 403


def test_picker_names_each_language_and_marks_the_current_one(client: Browser) -> None:
    page = client.get(LOGIN, headers=GERMAN).text
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page
    assert '<option value="ar" lang="ar">العربية</option>' in page
    assert f'<input type="hidden" name="next" value="{LOGIN}">' in page


def test_admin_has_the_picker(admin_client: Browser) -> None:
    response = admin_client.get("/admin/", headers=GERMAN)
    assert response["Content-Language"] == "de"
    assert '<form class="languages"' in response.text


def test_ui_locales_survive_the_sign_in_and_end_with_the_flow(client: Browser) -> None:
    app = App.register()
    path = app.authorization_url(ui_locales="nl fr-CA de")
    response = client.get(path, headers=GERMAN)
    assert language(client.get(response["Location"], headers=GERMAN)) == "fr"
    client.force_login(make_user())
    page = client.get(path, headers=GERMAN)
    assert language(page) == "fr"
    approve(client, app, ui_locales="fr")
    assert language(client.get("/apps", headers=GERMAN)) == "de"


def test_choice_of_the_person_precedes_ui_locales(client: Browser) -> None:
    choose(client, "de")
    app = App.register()
    response = client.get(app.authorization_url(ui_locales="fr"))
    assert language(client.get(response["Location"])) == "de"
    assert FLOW_KEY not in client.session


def test_mail_is_in_the_language_of_its_recipient(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str | None] = []
    monkeypatch.setattr(DefaultAccountAdapter, "send_mail", lambda *_: found.append(get_language()))
    person = make_user("ann", email="ann@example.com")
    PersonLanguage.objects.create(user=person, language="fr")
    client.post("/accounts/password/reset/", {"email": "ann@example.com"}, headers=GERMAN)
    assert found == ["fr"]
    assert mail.outbox == []


def test_site_keeps_what_it_stores_in_the_session(client: Browser) -> None:
    client.force_login(make_user("ann"))
    own = {"language": ["any", "value"], "ui_locales": "own"}
    session = client.session
    session.update(own)
    session.save()
    assert language(client.get("/apps", headers=GERMAN)) == "de"
    choose(client, "fr")
    assert language(client.get("/apps", headers=GERMAN)) == "fr"
    assert {name: client.session[name] for name in own} == own
