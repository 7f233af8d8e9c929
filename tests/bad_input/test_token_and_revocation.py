"""The token and revocation endpoints, sent bad input."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import MACHINE_FORMS, World, form, rpc, send, statuses_of
from tests.bad_input.responses import assert_oauth_error, described
from tests.bad_input.values import (
    AUTHORIZATIONS,
    BAD_JSON,
    BODIES,
    CONTENT_TYPES,
    ENCODED_VALUES,
    FORM,
    IGNORED,
    JSON,
    ODD_METHODS,
    beyond_limits,
)


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_forms_of_another_type_are_refused(browser: Browser, path: str, subtests: pytest.Subtests) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            for body in BODIES.values():
                assert_oauth_error(send(browser, "POST", path, body, content_type))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_json_where_a_form_belongs_is_refused(browser: Browser, path: str, subtests: pytest.Subtests) -> None:
    for kind, bad in BAD_JSON.items():
        with subtests.test(kind):
            assert_oauth_error(send(browser, "POST", path, bad, JSON))
            assert_oauth_error(send(browser, "POST", path, bad, FORM))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_credentials_that_cannot_be_read_are_refused(
    browser: Browser, world: World, path: str, subtests: pytest.Subtests
) -> None:
    for kind, credentials in AUTHORIZATIONS.items():
        with subtests.test(kind):
            body = urlencode({"grant_type": "refresh_token", "refresh_token": world.refresh_token, "token": "a"})
            assert_oauth_error(send(browser, "POST", path, body, FORM, authorization=credentials), 400, 401)


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.parametrize("method", ["GET", "HEAD", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_forms_are_posted_and_nothing_else(browser: Browser, world: World, path: str, method: str) -> None:
    response = send(browser, method, path, urlencode(world.code_request()), FORM)

    assert response.status_code == 405, described(response)
    assert response.headers["Allow"] == "POST, OPTIONS"
    if method != "HEAD":
        assert_oauth_error(response, 405)


@pytest.mark.parametrize("request_of", [World.code_request, World.refresh_request])
@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_with_one_bad_value_is_refused(
    browser: Browser, world: World, request_of: Any, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            good = request_of(world)
            for name in good:
                if harmless(name, kind):
                    continue
                response = send(browser, "POST", "/oauth/token", form(good, **{name: encoded}), FORM)
                assert_oauth_error(response, 400, 401)


def harmless(name: str, kind: str) -> bool:
    """Return whether such a value counts as absent, or is left out, so that the request succeeds."""
    if name == "scope":
        return not is_malformed(kind)
    return name in ("resource", "redirect_uri") and kind in ("empty", "space")


def is_malformed(kind: str) -> bool:
    """Return whether the value contains a control character."""
    return kind in ("NUL", "NUL at the end", "unit separator", "line break")


@pytest.mark.parametrize("name", ["grant_type", "code", "client_id", "client_secret", "code_verifier"])
@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_that_lacks_something_is_refused(browser: Browser, world: World, name: str) -> None:
    body = {key: value for key, value in world.code_request().items() if key != name}
    assert_oauth_error(send(browser, "POST", "/oauth/token", urlencode(body), FORM), 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_token_request_that_is_wrong_as_a_whole_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("code").items():
        with subtests.test(kind):
            good = world.code_request()

            assert_oauth_error(send(browser, "POST", "/oauth/token", bad, FORM), *statuses_of(bad, 400, 401))
            if kind not in IGNORED:
                body = f"{urlencode(good)}&{bad}"
                assert_oauth_error(send(browser, "POST", "/oauth/token", body, FORM), *statuses_of(body, 400, 401))


@pytest.mark.parametrize("path", MACHINE_FORMS)
@pytest.mark.usefixtures("nothing_written")
def test_a_bad_query_in_the_address_of_a_form_is_refused(
    browser: Browser, path: str, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("code").items():
        with subtests.test(kind):
            response = send(browser, "POST", f"{path}?{bad}", "grant_type=authorization_code", FORM)
            assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_token_credentials_in_the_address_do_not_count(browser: Browser, world: World) -> None:
    response = send(browser, "POST", f"/oauth/token?{urlencode(world.code_request())}", b"", FORM)
    assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_revocation_with_one_bad_value_ends_nothing(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            good = world.revocation_request()
            for name in ("token", "client_id", "client_secret"):
                response = send(browser, "POST", "/oauth/revoke", form(good, **{name: encoded}), FORM)
                if name == "token" and response.status_code == 200:
                    # RFC 7009 section 2.2: "invalid tokens do not cause an error response".
                    continue
                assert_oauth_error(response, 400, 401)


@pytest.mark.usefixtures("nothing_written")
def test_a_revocation_with_a_malformed_hint_is_refused(
    browser: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind in filter(is_malformed, ENCODED_VALUES):
        with subtests.test(kind):
            body = form(world.revocation_request(), token_type_hint=ENCODED_VALUES[kind])
            assert_oauth_error(send(browser, "POST", "/oauth/revoke", body, FORM), 400)


@pytest.mark.django_db
def test_the_request_that_all_these_are_spoilt_from_is_good(browser: Browser, world: World) -> None:
    for request_of in (World.code_request, World.refresh_request):
        response = send(browser, "POST", "/oauth/token", urlencode(request_of(world)), FORM)
        assert response.status_code == 200, described(response)
    response = send(browser, "POST", "/oauth/revoke", urlencode(world.revocation_request()), FORM)
    assert response.status_code == 200, described(response)


@pytest.mark.django_db
def test_a_code_that_comes_twice_ends_what_it_gave(browser: Browser, world: World) -> None:
    body = urlencode(world.code_request())
    token = send(browser, "POST", "/oauth/token", body, FORM).json()["access_token"]

    assert assert_oauth_error(send(browser, "POST", "/oauth/token", body, FORM), 400)["error"] == "invalid_grant"

    response = send(browser, "POST", "/mcp", rpc(method="ping"), JSON, authorization=f"Bearer {token}")
    assert_oauth_error(response, 401)
