"""Paths, cookies and hosts that no client should send."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import DOCUMENTS, World, send
from tests.bad_input.responses import assert_stays
from tests.bad_input.values import FORM, ODD_METHODS


@pytest.mark.parametrize(
    "path",
    ["/%00", "/%FF", "/%ED%A0%80", "/%", "/%zz", "//", "/\\", "/..", "/" + "x" * 10_000, "/static/%00"],
)
@pytest.mark.usefixtures("nothing_written")
def test_paths_that_lead_nowhere(browser: Browser, path: str) -> None:
    for method in ("GET", "POST", *ODD_METHODS):
        assert send(browser, method, path).status_code == 404


@pytest.mark.usefixtures("nothing_written")
def test_a_path_of_admin_that_leads_nowhere_leads_to_the_sign_in(browser: Browser) -> None:
    response = send(browser, "GET", "/admin/%00/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/%2500/")
    for method in ("POST", *ODD_METHODS):
        # Django's check against forged requests leaves out TRACE.
        assert send(browser, method, "/admin/%00/").status_code == (302 if method == "TRACE" else 403)


# A cookie's value in quotes may hold any octet (the standard library's http.cookies reads \000 as NUL).
COOKIES = (
    "",
    "=",
    ";;;",
    '"',
    '"\\000"',
    '"\\000aaaaaaaaaaaaaaaa"',
    "\\777aaaaaaaaaaa",
    "ключ",
    "\xff" * 40,
    "x" * 10_000,
)


@pytest.mark.parametrize("value", COOKIES)
@pytest.mark.usefixtures("nothing_written")
def test_bad_cookies_count_as_none(world: World, value: str) -> None:
    visitor = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    cookie = "; ".join(f"{name}={value}" for name in ("sessionid", "csrftoken", "messages"))
    query = urlencode(world.authorization_request())
    for path in ("/", "/accounts/login/", "/admin/", "/admin/login/", f"/oauth/authorize?{query}"):
        without, response = send(Browser(), "GET", path), send(visitor, "GET", path, cookie=cookie)
        assert_stays(response)
        assert response.status_code == without.status_code
        assert response.headers.get("Location") == without.headers.get("Location")
        assert send(visitor, "POST", path, b"", FORM, cookie=cookie).status_code == 403


@pytest.mark.parametrize(
    "host", ["", "[::1", "localhost:port", "\x00", "ключ", "a b", "attacker.example", "attacker.example:99999"]
)
@pytest.mark.usefixtures("nothing_written")
def test_a_host_that_is_not_ours_is_refused(browser: Browser, host: str) -> None:
    for path in ("/", "/mcp", "/oauth/token", "/accounts/login/", "/admin/login/", *DOCUMENTS):
        for method in ("GET", "POST"):
            assert send(browser, method, path, host=host).status_code == 400


@pytest.mark.usefixtures("nothing_written")
def test_a_port_that_is_not_ours_changes_no_document_and_shows_no_page(browser: Browser) -> None:
    for path in ("/", "/accounts/login/", "/admin/login/"):
        assert send(browser, "GET", path, host="localhost:99999").status_code == 400
    for path in DOCUMENTS:
        assert send(browser, "GET", path, host="localhost:99999").json() == send(browser, "GET", path).json()
