"""The consent page: sign-in before it, its contents, its headers and its methods."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser

from accounts.models import User
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import RESOURCE, App, answer, ask, left_for, returned
from tests.support.oauth.consent_pages import is_sign_in, nothing_was_written, shown_host

pytestmark = pytest.mark.django_db


def test_a_person_who_is_signed_out_signs_in_and_returns_to_the_same_request(app: App) -> None:
    make_user("grace", password=PASSWORD)
    browser = Browser()
    url = app.authorization_url(scope="read write", state="ä&=/ %")
    location = browser.get(url)["Location"]
    assert parse_qs(urlsplit(location).query)["next"] == [url]

    back = browser.post(location, {"login": "grace", "password": PASSWORD, "next": url})

    assert back["Location"] == url
    assert returned(answer(browser, browser.get(url)))["state"] == "ä&=/ %"


def test_an_answer_from_a_person_who_is_signed_out_leads_to_the_sign_in(
    browser: Browser, person: User, app: App
) -> None:
    page = ask(browser, app)
    Session.objects.all().delete()
    assert is_sign_in(answer(browser, page))
    assert nothing_was_written()


def test_a_person_who_is_suspended_before_the_answer_is_signed_out(browser: Browser, person: User, app: App) -> None:
    page = ask(browser, app)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert is_sign_in(answer(browser, page))
    assert nothing_was_written()


def test_the_page_names_the_client_its_destination_the_person_and_the_scopes(browser: Browser) -> None:
    app = App.register(
        client_name="<b>Ordinary</b> App",
        redirect_uris=["https://app.example.com/callback"],
        client_uri="https://a.example",
    )
    page = ask(browser, app, scope="read write").text
    assert "&lt;b&gt;Ordinary&lt;/b&gt; App" in page
    for shown in ("app.example.com", "ada", "<code>read</code>", "<code>write</code>", RESOURCE, "https://a.example"):
        assert shown in page
    assert "Not you?" in page


@pytest.mark.parametrize(
    ("redirect_uri", "host", "warning"),
    [
        ("https://app.example.com:8443/callback", "app.example.com:8443", "A website."),
        ("https://App.Example.com/callback", "app.example.com", "A website."),
        ("https://xn--clude-yqa.ai/callback", "xn--clude-yqa.ai", "A website."),
        ("https://203.0.113.7/callback", "203.0.113.7", "A website."),
        ("http://localhost:8080/callback", "localhost:8080", "A program on this computer."),
        ("http://[::1]:8080/callback", "[::1]:8080", "A program on this computer."),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", "An app installed on this device."),
        ("com.example.app:/callback", "com.example.app:", "An app installed on this device."),
    ],
)
def test_the_page_names_the_kind_of_destination(browser: Browser, redirect_uri: str, host: str, warning: str) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    page = ask(browser, app).text
    assert shown_host(page) == host
    assert warning in page


def test_the_answer_is_in_the_query_for_every_response_mode(browser: Browser, app: App) -> None:
    page = ask(browser, app, response_mode="fragment")
    assert "#" not in left_for(answer(browser, page))


def test_the_page_can_neither_be_framed_nor_cached(browser: Browser, app: App) -> None:
    """RFC 9700 section 4.16: "authorization servers MUST prevent clickjacking attacks"."""
    response = ask(browser, app)
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("changes", [{}, {"client_id": "unknown"}, {"response_type": "token"}])
def test_no_answer_of_the_endpoint_is_cached(anybody: Browser, app: App, changes: dict[str, str]) -> None:
    assert "no-store" in ask(anybody, app, **changes)["Cache-Control"]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_not_allowed(browser: Browser, app: App, method: str) -> None:
    response = getattr(browser, method)(app.authorization_url())
    assert (response.status_code, nothing_was_written()) == (405, True)


def test_a_head_request_is_answered_like_a_get(browser: Browser, app: App) -> None:
    assert browser.head(app.authorization_url()).status_code == 200


def test_the_address_may_end_in_a_slash(browser: Browser, app: App) -> None:
    page = browser.get(app.authorization_url().replace("authorize?", "authorize/?"))
    assert "code" in returned(answer(browser, page))
