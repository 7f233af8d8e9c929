"""The page for too many requests says how long to wait, and leads back to where the person was."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.rate_limits.page import wait_in_words, way_back
from tests.support.factories import make_user
from tests.support.flows import App, ask, sign_in

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")
WANTED = "/oauth/authorize?client_id=1&state=a%26b"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def only(settings: Settings) -> Any:
    """Set these limits and no others."""

    def set_limits(**rates: str) -> None:
        settings.LIMITS = {**dict.fromkeys(settings.LIMITS, "0"), "seen": "1/minute", **rates}

    return set_limits


def link_back(page: str) -> str:
    return unescape(re.findall(r'<a class="button" href="([^"]*)">Try again</a>', page)[0])


def wrong_sign_ins(number: int, **data: str) -> Any:
    """Return the last response to `number` wrong passwords."""
    responses = [Browser().post(LOGIN, {"login": "ada", "password": "wrong", **data}) for _ in range(number)]
    return responses[-1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few minutes"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (3601, "2 hours"),
        (7200, "2 hours"),
    ],
)
def test_time_to_wait_is_in_words(seconds: int, words: str) -> None:
    assert wait_in_words(seconds) == words


def test_page_says_how_long_to_wait_and_leads_back_to_the_sign_in_with_its_next(only: Any) -> None:
    only(sign_ins_name="2/minute")
    page = wrong_sign_ins(3, next=WANTED)
    assert page.status_code == 429
    assert f"Please wait {page['Retry-After']} seconds, then try again." in page.text
    assert f'data-wait="{page["Retry-After"]}"' in page.text
    back = link_back(page.text)
    assert back == f"{LOGIN}?next={quote(WANTED)}"
    # The page there continues to where the person was.
    assert f'name="next" value="{WANTED}"' in unescape(Browser().get(back).text)


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "/x" * 2000, "\x00"),
    ],
)
def test_link_back_is_never_to_another_site(only: Any, elsewhere: str) -> None:
    only(sign_ins_name="1/minute")
    back = link_back(wrong_sign_ins(2, next=elsewhere).text)
    assert back.partition("?")[0] == LOGIN
    make_user("ada", password="right-and-long-enough")
    only()
    browser = Browser()
    # Without the form for the language at the foot of the page.
    page = browser.get(back).text.partition("<footer")[0]
    shown = re.search(r'name="next" value="([^"]*)"', page)
    following = unescape(shown[1]) if shown else ""
    arrived = browser.post(LOGIN, {"login": "ada", "password": "right-and-long-enough", "next": following})
    assert (arrived.status_code, arrived["Location"]) == (302, "/")


def test_link_back_leads_to_the_request_of_an_app(only: Any) -> None:
    only(authorizations_address="1/hour")
    app, browser = App.register(), sign_in()
    assert ask(browser, app).status_code == 200
    page = ask(browser, app)
    assert page.status_code == 429
    back = link_back(page.text)
    assert back.startswith("/oauth/authorize?")
    assert "code_challenge=" in back
    only()
    assert "wants to use" in browser.get(back).text


def test_decision_beyond_the_limit_leads_back_to_its_page(only: Any) -> None:
    path = "/oauth/authorize?client_id=1&next=//evil.example"
    only(authorizations_address="1/hour")
    browser = sign_in()
    pages = [browser.post(path, {"decision": "approve"}) for _ in range(2)]
    assert link_back(pages[1].text) == path


@pytest.mark.parametrize("sent", [{"next": WANTED}, {}])
def test_passkey_leads_back_to_the_sign_in_page(settings: Settings, sent: dict[str, str]) -> None:
    settings.MFA_RATE_LIMITS = {"webauthn_login": "1/m/ip"}
    page = [Browser().post(reverse("mfa_login_webauthn"), sent) for _ in range(2)][1]
    assert page.status_code == 429
    assert "Please wait a few minutes, then try again." in page.text
    assert link_back(page.text) == (f"{LOGIN}?next={quote(WANTED)}" if sent else LOGIN)


def test_path_that_looks_like_a_host_is_no_link_to_it() -> None:
    path = "//evil.example/x"
    assert way_back(RequestFactory().get("/", PATH_INFO=path)) == "/%2Fevil.example/x"
    assert way_back(RequestFactory().post("/", {"next": "/a"}, PATH_INFO=path)) == "/%2Fevil.example/x?next=/a"


def test_body_that_cannot_be_read_leads_back_to_its_page() -> None:
    request = RequestFactory().post("/apps", b"--x\r\n", content_type="multipart/form-data; boundary=")
    assert way_back(request) == "/apps"
    request = RequestFactory().post("/apps", b"next=\xff", content_type="application/x-www-form-urlencoded")
    assert way_back(request) == "/apps"
