"""Signing in by an OpenID Connect provider: whom it may sign in here, and what is told where it does not answer."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import email_addresses, fetching
from accounts.connection_pool import give_back
from accounts.email_spelling import canonical, stored
from accounts.leaving import leave_for
from accounts.models import User

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Whoever has an address that both sides verified is that person; others are added where that is set."""

    def new_user(self, request: HttpRequest, sociallogin: Any) -> Any:
        """Take the address as the provider wrote it: allauth's lower() may have mapped it to another's."""
        written = claimed_email(sociallogin)
        sociallogin.email_addresses = sociallogin.email_addresses if written else []
        for address in sociallogin.email_addresses:
            address.email = written
            # Some providers write `"email_verified": "false"`, or null.
            address.verified = str(address.verified).lower() == "true"
        return super().new_user(request, sociallogin)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Leave the address out: it becomes the person's with its row, where the provider verified it."""
        named = any(data.get(name) for name in ("username", "first_name", "last_name", "name"))
        username = data.get("username") if named else str(data.get("email") or "").partition("@")[0]
        return super().populate_user(request, sociallogin, {**data, "username": username, "email": ""})

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        for address in sociallogin.email_addresses:
            email_addresses.adopt(address.email)
            known = find(address.email).filter(verified=True).select_related("user").first()
            if address.verified and known is not None:
                return known.user, known.email
        return None

    def get_requests_session(self) -> requests.Session:
        """What asks the provider: by allauth's timeout, and with no more requests of ours waiting than for clients'."""
        session = super().get_requests_session()
        session.request = bounded(session.request)
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Not for an address that somebody entered here without proof: it would be two people's."""
        taken = any(find(address.email).exists() for address in sociallogin.email_addresses)
        return settings.OIDC_SIGN_UP and not taken


def bounded(ask: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """`ask`, for which few requests wait at a time. Raises fetching.Busy."""

    @wraps(ask)
    def wrapped(*args: Any, **options: Any) -> requests.Response:
        with fetching.place_to_wait("single sign-on", asked_by="single sign-on"):
            give_back()
            return ask(*args, **options)

    return wrapped


def find(email: str) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(email=stored(email))


def claimed_email(sociallogin: Any) -> str:
    """Return the provider's `email` claim in its one spelling; empty where there is none, or it is refused."""
    data = sociallogin.account.extra_data
    claims = data.get("userinfo") or data.get("id_token") or data
    try:
        return canonical(str(claims.get("email") or ""))
    except ValidationError:
        logger.warning("single sign-on: the provider's email address is not in ASCII, and is left out")
        return ""


def unless_it_is_down(view: View) -> View:
    """A page, where the provider cannot be reached or answers nonsense."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (requests.RequestException, OAuth2Error, fetching.Busy, KeyError, ValueError) as error:
            logger.warning("single sign-on: the provider cannot be asked: %r", error)
            return render(request, "socialaccount/authentication_error.html", status=503)

    return wrapped


def without_a_form(view: View) -> View:
    """What `view` redirects to is left for by itself: our policy for forms would bind the provider's redirects too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        elsewhere = response.get("Location", "")
        return leave_for(request, elsewhere) if urlsplit(elsewhere).netloc else response

    return wrapped


login = unless_it_is_down(without_a_form(views.login))
callback = unless_it_is_down(views.callback)
