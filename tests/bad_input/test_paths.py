"""Paths, cookies and hosts that no client should send."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import DOCUMENTS, World, send
from tests.bad_input.responses import assert_stays, told
from tests.bad_input.values import FORM, ODD_METHODS


@pytest.mark.parametrize(
    "path",
    ["/%00", "/%FF", "/%ED%A0%80", "/%", "/%zz", "//", "/\\", "/..", "/" + "x" * 10_000, "/static/%00", "/admin/%00/"],
)
@pytest.mark.usefixtures("nothing_written")
def test_paths_that_lead_nowhere(browser: Browser, path: str) -> None:
    for method in ("GET", "POST", *ODD_METHODS):
        response = send(browser, method, path)
        assert response.status_code in (302, 400, 403, 404, 405), told(response)
        assert response.headers.get("Location", "/admin/login/").startswith("/admin/login/")


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
        assert_stays(send(visitor, "GET", path, cookie=cookie))
        assert send(visitor, "POST", path, b"", FORM, cookie=cookie).status_code in (403, 405)


@pytest.mark.parametrize(
    "host", ["", "[::1", "localhost:99999", "localhost:port", "\x00", "ключ", "a b", "attacker.example"]
)
@pytest.mark.usefixtures("nothing_written")
def test_a_host_that_is_not_ours_is_refused(browser: Browser, host: str) -> None:
    for path in ("/", "/mcp", "/oauth/token", "/accounts/login/", "/admin/login/", *DOCUMENTS):
        for method in ("GET", "POST"):
            response = send(browser, method, path, host=host)
            # Admin sends people to the sign-in page, of which the same is true.
            assert response.status_code in (200, 302, 400, 401, 403, 405)
            assert response.headers.get("Location", "/accounts/login/").startswith("/accounts/login/")
