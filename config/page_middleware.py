"""What only pages for people need: sessions, who is signed in, messages. Endpoints for machines go past it.

They take no cookie, and each of them is asked far more often than any page.
"""

import re
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

MACHINES = re.compile(r"/(mcp/?$|oauth/(register|token|revoke)(/|$)|\.well-known/)")


class PagesOnly:
    """In front of a middleware of Django's: it works for pages alone."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if MACHINES.match(request.path_info):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class Sessions(PagesOnly, SessionMiddleware):
    pass


class Authentication(PagesOnly, AuthenticationMiddleware):
    pass


class Messages(PagesOnly, MessageMiddleware):
    pass
