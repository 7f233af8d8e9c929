"""Sign-ins by django-allauth where the site has installed it, or else by the site's own pages (LOGIN_URL).

The only place that asks which of allauth's apps are installed. Elsewhere, only modules that the settings name, or that
are imported where this says so, import allauth.
"""

import time
from typing import Any, cast
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from accounts.user_model import User

# In the session: when its person signed in, in seconds since the epoch.
SESSION_KEY = "oauth_mcp_signed_in_at"


def has_allauth(part: str = "account") -> bool:
    """Return whether allauth's app `part` is installed: "account", "mfa" or "socialaccount"."""
    return apps.is_installed(f"allauth.{part}")


def record_sign_in(request: HttpRequest | None) -> None:
    """Store the time of a sign-in in the session, if `request` has one."""
    session = getattr(request, "session", None)
    if session is not None:
        session[SESSION_KEY] = time.time()


def signed_in_at(request: HttpRequest) -> float:
    """Return when the person last proved who they are in this session, in seconds since the epoch; 0 if unknown.

    It is in allauth's records where there are some. The site's own page may sign in without them.
    """
    records: list[dict[str, Any]] = []
    if has_allauth():
        from allauth.account.authentication import get_authentication_records

        records = get_authentication_records(request, cast(User, request.user))
    times = [float(record["at"]) for record in records]
    return max(times, default=float(request.session.get(SESSION_KEY, 0)))


def sign_in_url(**parameters: str) -> str:
    """Return the address of the sign-in page with `parameters`, such as `next`."""
    page = resolve_url(settings.LOGIN_URL)
    return f"{page}{'&' if '?' in page else '?'}{urlencode(parameters, safe='/')}" if parameters else page


def is_sign_in_url(url: str) -> bool:
    """Return whether `url` is the address of the sign-in page, with or without parameters."""
    page = resolve_url(settings.LOGIN_URL)
    return url == page or url.startswith(f"{page}{'&' if '?' in page else '?'}")
