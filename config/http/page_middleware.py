"""Sessions, authentication, messages, languages and time zones of Django, for pages only.

The endpoints for programs use no cookies, and have far more requests than pages. Their requests have an AnonymousUser,
and a session and messages that are empty and not saved, so that later middleware works as usual.
"""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import rate_limits
from accounts.http.address import client_network
from accounts.http.paths import API_PATHS
from accounts.languages.requests import respond
from accounts.rate_limits.page import too_many_page
from config.environment import is_time_zone
from config.http.views import bad_request
from config.stores.sessions import SessionStore, delete_expired

API_PATH = re.compile(f"/{API_PATHS}")
# In characters, of a session without a signed-in person, whose largest part is the address to continue to.
LARGEST_SESSION = 16_384


class TransientSession(SessionBase):
    """A session that lasts as long as its request."""

    def exists(self, session_key: str) -> bool:
        return False

    def load(self) -> dict[str, Any]:
        return {}

    def create(self) -> None:
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        self.modified = True


class Sessions(SessionMiddleware):
    """Django's middleware, with limits for sessions without a signed-in person."""

    def __call__(self, request: HttpRequest) -> Any:
        if not API_PATH.match(request.path_info):
            return super().__call__(request)
        request.session = TransientSession()
        return self.get_response(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if is_too_large(request.session):
            request.session = SessionStore()
            return bad_request(request, RequestDataTooBig())
        if self.would_create_session(request, response):
            try:
                rate_limits.hit(*rate_limits.quotas(sessions_address=client_network(request)))
            except rate_limits.RateLimitExceeded as exceeded:
                request.session = SessionStore()
                return too_many_page(request, exceeded)
            delete_expired()
        return super().process_response(request, response)

    def would_create_session(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Return whether the response would create a session."""
        session = request.session
        is_new = session.modified and session.session_key is None and not session.is_empty()
        return is_new and response.status_code < 500


def is_too_large(session: SessionBase) -> bool:
    """Return whether a session without a signed-in person is larger than any page needs.

    allauth stores a form there when its sender has to sign in first.
    """
    is_anonymous = session.modified and not session.is_empty() and SESSION_KEY not in session
    return is_anonymous and len(session.encode(dict(session.items()))) > LARGEST_SESSION


class Authentication(AuthenticationMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if not API_PATH.match(request.path_info):
            return super().__call__(request)
        request.user, request.auser = AnonymousUser(), anonymous
        return self.get_response(request)


class Messages(MessageMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if not API_PATH.match(request.path_info):
            return super().__call__(request)
        self.process_request(request)
        return self.get_response(request)


class Languages:
    """Make each page in the language of its reader (accounts/languages), and all that programs read in English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return respond(request, lambda: self.get_response(request))


class ReadersTimeZone:
    """Shows times in the zone of the reader's browser, which a cookie names (static/oauth_mcp/time_zone.js).

    Without it, and for endpoints for programs, the setting TIME_ZONE applies.
    """

    COOKIE = "time_zone"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = request.COOKIES.get(self.COOKIE, "")
        if not zone or API_PATH.match(request.path_info) or not is_time_zone(zone):
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


async def anonymous() -> AnonymousUser:
    """Return the person of `request.auser()` on an endpoint for programs."""
    return AnonymousUser()
