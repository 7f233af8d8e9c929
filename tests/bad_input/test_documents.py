"""The metadata documents, sent bad input."""

import pytest
from django.test import Client as Browser

from tests.bad_input.requests import DOCUMENTS, send
from tests.bad_input.responses import assert_oauth_error
from tests.bad_input.values import AUTHORIZATIONS, BODIES, ENCODED_VALUES, FORM, ODD_METHODS, beyond_limits


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.usefixtures("nothing_written")
def test_documents_are_the_same_for_any_other_input(browser: Browser, path: str) -> None:
    document = send(browser, "GET", path).json()

    for value in (*ENCODED_VALUES.values(), *beyond_limits("resource").values()):
        assert send(browser, "GET", f"{path}?resource={value}").json() == document
    for value in AUTHORIZATIONS.values():
        assert send(browser, "GET", path, authorization=value, cookie=value, origin=value).json() == document


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("method", ["POST", *ODD_METHODS])
@pytest.mark.usefixtures("nothing_written")
def test_documents_are_only_read(browser: Browser, path: str, method: str) -> None:
    for body in BODIES.values():
        assert_oauth_error(send(browser, method, path, body, FORM), 405)


@pytest.mark.usefixtures("nothing_written")
def test_other_documents_are_not_found(browser: Browser, subtests: pytest.Subtests) -> None:
    for kind, encoded in ENCODED_VALUES.items():
        with subtests.test(kind):
            for path in (f"/.well-known/{encoded}", f"{DOCUMENTS[0]}/{encoded}/x"):
                for method in ("GET", "POST", *ODD_METHODS):
                    assert_oauth_error(send(browser, method, path), 404)
