"""Sessions, the person who is signed in, and messages: for pages alone.

The endpoints for programs take no cookie, and each of them is asked far more often than any page. A middleware that
comes after these finds on such a request what Django's users expect, for nobody: an AnonymousUser, and a session and
messages that are empty and are not kept.
"""

import re
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from accounts import rate_limits
from accounts.http.address import client_network
from accounts.http.paths import API_PATHS
from accounts.rate_limits.page import too_many_page
from config.http.views import bad_request
from config.stores.sessions import SessionStore, forget_ended

API_PATH = re.compile(f"/{API_PATHS}")
# In characters, of somebody who has not signed in: an address to go on to is the largest part of it.
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
    """Django's own, which writes few sessions for those who have not signed in."""

    def __call__(self, request: HttpRequest) -> Any:
        if not API_PATH.match(request.path_info):
            return super().__call__(request)
        request.session = TransientSession()
        return self.get_response(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if is_too_large(request.session):
            request.session = SessionStore()
            return bad_request(request, RequestDataTooBig())
        if self.would_begin(request, response):
            try:
                rate_limits.hit(*rate_limits.quotas(sessions_address=client_network(request)))
            except rate_limits.RateLimitExceeded as exceeded:
                request.session = SessionStore()
                return too_many_page(request, exceeded)
            forget_ended()
        return super().process_response(request, response)

    def would_begin(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Whether the response is to have a session that is not in the database yet."""
        session = request.session
        is_new = session.modified and session.session_key is None and not session.is_empty()
        return is_new and response.status_code < 500


def is_too_large(session: SessionBase) -> bool:
    """Whether somebody who has not signed in makes more of a session than any page of ours needs.

    allauth keeps a form there whose sender has to sign in first.
    """
    is_strangers = session.modified and not session.is_empty() and SESSION_KEY not in session
    return is_strangers and len(session.encode(dict(session.items()))) > LARGEST_SESSION


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


async def anonymous() -> AnonymousUser:
    """What `request.auser()` returns where nobody is signed in."""
    return AnonymousUser()
