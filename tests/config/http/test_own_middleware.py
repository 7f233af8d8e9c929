"""A middleware of the project's own works on each path, on pages and on what programs ask for."""

from collections.abc import Callable

import pytest
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import User

PATHS = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/oauth/token",
    "/oauth/register",
    "/oauth/revoke",
    "/mcp",
    "/health",
    "/",
)


def curious(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Uses all that a Django middleware may expect of a request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.user.get_username() or "nobody"
        request.session["visits"] = request.session.get("visits", 0) + 1
        request.session.set_expiry(60)
        messages.info(request, "Hello")
        response = get_response(request)
        response["X-Seen"] = f"{name} {request.session['visits']} {len(list(messages.get_messages(request)))}"
        return response

    return middleware


@pytest.fixture
def own(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.curious"]


@pytest.mark.django_db
@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("path", PATHS)
def test_middleware_finds_user_session_and_messages(path: str) -> None:
    browser = Browser(raise_request_exception=False)
    for _ in range(2):
        answer = browser.get(path)
        assert answer.status_code != 500
        assert answer["X-Seen"].startswith("nobody ")


@pytest.mark.django_db
@pytest.mark.usefixtures("own")
def test_cookie_of_somebody_signed_in_counts_for_pages_alone() -> None:
    browser = Browser()
    browser.force_login(User.objects.create_user("ada"))
    assert browser.get("/")["X-Seen"].startswith("ada ")
    assert browser.get("/.well-known/oauth-authorization-server")["X-Seen"] == "nobody 1 1"
