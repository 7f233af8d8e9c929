"""A person who signs in on the pages, and the time at which they did."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client as Browser

from accounts.models import User
from tests.support.factories import PASSWORD

Response = Any


def led_to(response: Response) -> tuple[str, dict[str, str]]:
    """Return the path that a redirect leads to, and its parameters."""
    assert response.status_code in (302, 303), response.text
    parts = urlsplit(response["Location"])
    return parts.path, {name: value for name, [value] in parse_qs(parts.query).items()}


def fill_in(browser: Browser, page: Response, person: User) -> Response:
    """Send the form of the sign-in page that `page` redirects to, and return the page that it leads to."""
    _, parameters = led_to(page)
    fields = {"login": person.username, "password": PASSWORD, "next": parameters["next"]}
    return browser.get(browser.post("/accounts/login/", fields)["Location"])


def confirm(browser: Browser, page: Response) -> Response:
    """Confirm by the password on the page that `page` redirects to, and return the page that it leads to."""
    path, parameters = led_to(page)
    assert path == "/accounts/reauthenticate/"
    return browser.get(browser.post(path, {"password": PASSWORD, "next": parameters["next"]})["Location"])


def signed_in_before(browser: Browser, seconds: float) -> None:
    """Move the person's sign-in back by `seconds`."""
    session = browser.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= seconds
    session.save()
