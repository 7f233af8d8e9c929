"""The authorization endpoint, sent bad input."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import REDIRECT_URI, World, form, send
from tests.bad_input.responses import assert_page, assert_stays
from tests.bad_input.values import BODIES, CONTENT_TYPES, ENCODED_VALUES, FORM, IGNORED, ODD_METHODS, beyond_limits


def assert_page_or_told(response: Any, *, posted: bool) -> None:
    """A page for the person, or an error for the client: at its own address, with state and issuer kept."""
    if response.status_code != 302:
        return assert_page(response, 400) if posted else assert_page(response, 200, 400)
    location = response.headers["Location"]
    assert location.startswith((f"{REDIRECT_URI}?error=", "/accounts/login/?next=/oauth/authorize%3F")), location
    assert "code=" not in location.split("next=")[0]
    assert location.isascii()
    assert "\n" not in location
    return None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.usefixtures("nothing_written")
def test_an_authorization_request_with_one_bad_value(
    signed_in: Browser, world: World, method: str, subtests: pytest.Subtests
) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            stranger = Browser(raise_request_exception=False)
            good = world.authorization_request()
            for name in good:
                query = form(good, **{name: encoded})
                for visitor in (signed_in, stranger):
                    response = send(visitor, method, f"/oauth/authorize?{query}", b"decision=approve", FORM)
                    assert_page_or_told(response, posted=method == "POST")
                    if name in ("client_id", "redirect_uri") and kind not in ("empty",):
                        assert_page(response, 400)


@pytest.mark.usefixtures("nothing_written")
def test_an_authorization_request_that_is_wrong_as_a_whole(
    signed_in: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, bad in beyond_limits("state").items():
        with subtests.test(kind):
            spoilt = f"{urlencode(world.authorization_request())}&{bad}"
            stranger = Browser(raise_request_exception=False)
            for method in ("GET", "HEAD", "POST"):
                for visitor in (signed_in, stranger):
                    assert send(visitor, method, f"/oauth/authorize?{bad}", b"", FORM).status_code == 400
                statuses = [
                    assert_stays(send(visitor, method, f"/oauth/authorize?{spoilt}", b"", FORM))
                    for visitor in (signed_in, stranger)
                ]
                if kind in IGNORED:
                    assert statuses == [400 if method == "POST" else 200, 302]
                else:
                    assert statuses == [400, 400]


@pytest.mark.usefixtures("nothing_written")
def test_a_decision_that_cannot_be_read_decides_nothing(
    signed_in: Browser, world: World, subtests: pytest.Subtests
) -> None:
    for kind, content_type in CONTENT_TYPES.items():
        with subtests.test(kind):
            path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
            for body in BODIES.values():
                assert_page(send(signed_in, "POST", path, body, content_type), 400, 413)


@pytest.mark.parametrize("name", ["shown", "decision", "csrfmiddlewaretoken", "client_id"])
@pytest.mark.usefixtures("nothing_written")
def test_a_decision_with_one_bad_value_decides_nothing(signed_in: Browser, world: World, name: str) -> None:
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    for value in ENCODED_VALUES.values():
        assert_page(send(signed_in, "POST", path, form({"decision": "approve"}, **{name: value}), FORM), 400)


@pytest.mark.usefixtures("nothing_written")
def test_a_decision_without_a_csrf_token_decides_nothing(signed_in: Browser, world: World) -> None:
    signed_in.handler.enforce_csrf_checks = True
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    for body in (b"decision=approve", *BODIES.values()):
        for content_type in (FORM, *CONTENT_TYPES.values()):
            assert_page(send(signed_in, "POST", path, body, content_type), 400, 403, 413)


@pytest.mark.parametrize("method", ODD_METHODS)
@pytest.mark.usefixtures("nothing_written")
def test_authorizing_by_another_method_is_refused(signed_in: Browser, world: World, method: str) -> None:
    path = f"/oauth/authorize?{urlencode(world.authorization_request())}"
    assert send(signed_in, method, path, b"decision=approve", FORM).status_code == 405
