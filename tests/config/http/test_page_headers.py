"""Headers of pages for browsers, which answers for machines go without."""

import pytest
from django.test import Client as Browser

from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, answer, ask, returned, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGES = ("/", "/accounts/login/", "/oauth/authorize", "/nothing-here", "/apps")
API_PATHS = ("/health", "/.well-known/oauth-authorization-server", "/mcp", "/oauth/token", "/oauth/register/x")


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere_and_are_not_kept(path: str) -> None:
    headers = Browser().get(path, follow=True, headers={"Accept": "text/html"}).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", API_PATHS)
def test_answers_for_machines_carry_no_policy_for_pages(path: str) -> None:
    headers = Browser().get(path).headers
    assert "Content-Security-Policy" not in headers
    assert "Permissions-Policy" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_page_of_admin_is_not_kept_by_a_cache() -> None:
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    assert "no-store" in browser.get("/admin/")["Cache-Control"]


@pytest.mark.parametrize("decision", ["approve", "cancel"])
def test_answer_to_our_form_leaves_by_itself_in_a_browser_and_by_a_redirect_elsewhere(decision: str) -> None:
    """Browsers apply form-action to redirects after a form, too (tests/browser/test_content_security.py)."""
    app = App.register()
    browser = sign_in()
    redirect = answer(browser, ask(browser, app), decision)
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    hop = answer(browser, ask(browser, app), decision)
    assert (redirect.status_code, hop.status_code) == (302, 200)
    assert set(returned(redirect)) == set(returned(hop))
    assert "no-store" in hop["Cache-Control"]


def test_page_with_a_code_sends_no_referrer() -> None:
    app = App.register(redirect_uris=["com.example.app:/callback"], token_endpoint_auth_method="none")
    browser = sign_in()
    page = answer(browser, ask(browser, app))
    assert "code" in returned(page)
    assert '<meta name="referrer" content="no-referrer">' in page.text


def test_no_form_is_repeated_elsewhere() -> None:
    """RFC 9700 section 4.12: a 307 would have the browser post the password, or the decision, once more."""
    make_user("ada", password=PASSWORD)
    signed_in = Browser().post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    browser, app = sign_in(), App.register()
    assert [signed_in.status_code, answer(browser, ask(browser, app)).status_code] == [302, 302]
