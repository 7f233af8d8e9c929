"""Sessions, the person who is signed in, and messages: for pages alone.

The endpoints for programs take no cookie, and each of them is asked far more often than any page. A middleware that
comes after these finds on such a request what Django's users expect, for nobody: an AnonymousUser, and a session and
messages that are empty and are not kept.
"""

import re
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

MACHINES = re.compile(r"/(mcp/?$|oauth/(register|token|revoke)(/|$)|\.well-known/)")


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
    def __call__(self, request: HttpRequest) -> Any:
        if not MACHINES.match(request.path_info):
            return super().__call__(request)
        request.session = TransientSession()
        return self.get_response(request)


class Authentication(AuthenticationMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if not MACHINES.match(request.path_info):
            return super().__call__(request)
        request.user, request.auser = AnonymousUser(), anonymous
        return self.get_response(request)


class Messages(MessageMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if not MACHINES.match(request.path_info):
            return super().__call__(request)
        self.process_request(request)
        return self.get_response(request)


async def anonymous() -> AnonymousUser:
    """What `request.auser()` returns where nobody is signed in."""
    return AnonymousUser()
