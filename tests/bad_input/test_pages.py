"""The pages for people, sent bad input."""

import pytest
from django.test import Client as Browser

from accounts.models import User
from tests.accounts.email.address_page import signed_in as signed_in_just_now
from tests.bad_input.requests import World, form, send
from tests.bad_input.responses import assert_page, assert_stays, described
from tests.bad_input.tables import stored
from tests.bad_input.values import (
    AUTHORIZATIONS,
    BODIES,
    CONTENT_TYPES,
    ENCODED_VALUES,
    FORM,
    JSON,
    ODD_METHODS,
    beyond_limits,
)
from tests.support.factories import PASSWORD

# Each with the fields of its form and where it may send somebody.
PAGES = {
    "/accounts/login/": ("login", "password", "remember", "next"),
    "/accounts/logout/": ("next",),
    "/accounts/password/reset/": ("email",),
    "/accounts/2fa/webauthn/login/": ("credential", "next"),
    "/accounts/email/": ("email", "action_add"),
    "/oauth/sign_out": ("next",),
    "/apps": ("client",),
    "/device": ("user_code",),
    "/admin/login/": ("username", "password", "next"),
}
FORMS_FOR_ANYBODY = ("/accounts/login/", "/accounts/password/reset/")
# By each other method, for who is signed in already. Django's form views take a PUT for a POST.
BY_METHOD = {
    "/accounts/login/": 302,
    "/accounts/logout/": 405,
    "/accounts/password/reset/": 405,
    "/accounts/2fa/webauthn/login/": 302,
    "/accounts/email/": 405,
    "/oauth/sign_out": 405,
    "/apps": 405,
    "/device": 405,
    "/admin/login/": 403,
}
AFTER_PUT = {"/accounts/password/reset/": 200, "/accounts/email/": 302}


@pytest.mark.parametrize("path", ["/", "/health", "/accounts/inactive/", *PAGES])
@pytest.mark.usefixtures("nothing_written")
def test_pages_withstand_any_query_and_any_header(signed_in: Browser, path: str) -> None:
    for visitor in (signed_in, Browser(raise_request_exception=False)):
        usual = assert_stays(send(visitor, "GET", path))
        for query in beyond_limits("next").values():
            assert assert_stays(send(visitor, "GET", f"{path}?{query}")) in (usual, 400)
        for value in ENCODED_VALUES.values():
            # A sign-in leads back to no address of this length.
            allowed = (usual, 400) if len(value) == 10_000 else (usual,)
            assert assert_stays(send(visitor, "GET", f"{path}?next={value}")) in allowed
        for value in AUTHORIZATIONS.values():
            names = ("authorization", "origin", "referer", "accept", "accept_language", "user_agent", "range")
            assert assert_stays(send(visitor, "GET", path, **dict.fromkeys(names, value))) == usual


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_with_one_bad_value(world: World, path: str, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            visitor = Browser(raise_request_exception=False)
            good = {"login": "nobody", "username": "nobody", "password": "wrong"}
            for name in PAGES[path]:
                response = send(visitor, "POST", path, form(good, **{name: encoded}), FORM)
                # Its own page again, or the one to which it leads who is not signed in.
                assert assert_stays(response) == (200 if path in FORMS_FOR_ANYBODY else 302)
                assert not response.wsgi_request.user.is_authenticated


@pytest.mark.parametrize(
    ("path", "good", "status"),
    [
        ("/accounts/email/", {"email": "", "action_add": ""}, 200),
        ("/apps", {"client": ""}, 302),
        ("/device", {"user_code": ""}, 400),
    ],
)
def test_a_form_of_a_signed_in_person_with_one_bad_value_changes_nothing(
    world: World, path: str, good: dict[str, str], status: int, subtests: pytest.Subtests
) -> None:
    visitor = signed_in_just_now(world.person)
    before = stored()
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            for name in good:
                response = send(visitor, "POST", path, form(good, **{name: encoded}), FORM)
                assert response.wsgi_request.user == world.person
                assert response.status_code == status, described(response)
    assert stored() == before


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
def test_sign_in_never_redirects_to_another_site(world: World, path: str, subtests: pytest.Subtests) -> None:
    User.objects.update(is_staff=True)
    before = stored()
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            visitor = Browser(raise_request_exception=False)
            good = {"login": world.person.username, "username": world.person.username, "password": PASSWORD}
            for address in (f"{path}?next={encoded}", path):
                response = send(visitor, "POST", address, form(good, next=encoded), FORM)
                assert assert_stays(response) == 302
                # Admin leaves the sign-in to the page that all share.
                assert response.wsgi_request.user.is_authenticated is (path == "/accounts/login/")
    world.person.refresh_from_db()
    assert (world.person.last_login is not None) is (path == "/accounts/login/")
    User.objects.update(last_login=None)
    assert stored() == before


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_that_cannot_be_read(path: str, subtests: pytest.Subtests) -> None:
    checked, unchecked = (Browser(enforce_csrf_checks=on, raise_request_exception=False) for on in (True, False))
    # With the cookie, Django goes on to look for the token in the body.
    checked.cookies["csrftoken"] = "x" * 32
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_page(send(checked, "POST", path, body, content_type), 400, 403, 413)
                response = send(unchecked, "POST", path, body, content_type)
                if response.headers["Content-Type"] == JSON:
                    # allauth answers in the language that it was asked in.
                    assert response.status_code in (200, 400), described(response)
                else:
                    assert_page(response, 200, 302, 400, 413)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/2fa/webauthn/login/"])
@pytest.mark.usefixtures("nothing_written")
def test_a_sign_in_that_is_too_large_is_refused(path: str) -> None:
    visitor = Browser(raise_request_exception=False)
    for kind, status in (("1,001 fields", 400), ("3 MB", 413)):
        assert_page(send(visitor, "POST", path, BODIES[kind], FORM), status)


@pytest.mark.parametrize("path", ["/", "/health"])
@pytest.mark.parametrize("method", ["POST", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_the_front_page_and_health_are_only_read(browser: Browser, path: str, method: str) -> None:
    for body in BODIES.values():
        # Django's check against forged requests leaves out TRACE, and reads the body of a POST.
        assert send(browser, method, path, body, FORM).status_code in ({405} if method == "TRACE" else {400, 403, 413})


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ODD_METHODS)
@pytest.mark.usefixtures("nothing_written")
def test_pages_withstand_any_method(signed_in: Browser, path: str, method: str) -> None:
    response = send(signed_in, method, path, b"login=a&password=b", FORM)
    assert_page(response, AFTER_PUT.get(path, BY_METHOD[path]) if method == "PUT" else BY_METHOD[path])
