"""Signing in by an OpenID Connect provider: whom it may sign in here, and what is told where it does not answer."""

import logging
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import fetching
from accounts.audit import events
from accounts.conf import conf
from accounts.db.connection_pool import release_connection
from accounts.email import addresses as email_addresses
from accounts.email.spelling import canonical, stored
from accounts.http.address import under_issuer
from accounts.models import Event, User
from accounts.oauth.external_redirect import redirect_external

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

# Claims that are texts wherever they are there (OpenID Connect Core section 5.1).
TEXTS = ("email", "name", "given_name", "family_name", "preferred_username", "picture")
# Claims that decide who somebody is. They count as the provider wrote them, or not at all.
IDENTIFYING = ("sub", "email", "email_verified")
# As many characters as allauth stores.
LONGEST_SUBJECT = 191
# What allauth and the database raise where an answer has another form than they expect.
UNUSABLE = (KeyError, ValueError, TypeError, AttributeError, DataError)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Whoever has an address that both sides verified is that person; others are added where that is set."""

    def get_provider(self, request: HttpRequest, provider: Any, client_id: str | None = None) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        found.oauth2_adapter_class = ProviderAdapter
        read = found.sociallogin_from_response
        # allauth's setting for a provider whose subject is another claim.
        identifying = {*IDENTIFYING, found.app.settings.get("uid_field", "sub")}
        found.sociallogin_from_response = lambda request, data: read(request, checked_answer(data, identifying))
        return found

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Write the person, their addresses and their account at the provider together, or none of them."""
        return super().save_user(request, sociallogin, form)

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
        return conf.OIDC_SIGN_UP and not taken


class ProviderAdapter(views.OpenIDConnectOAuth2Adapter):
    """Tells the provider the redirect URI that the operator registered there: under PUBLIC_URL."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return under_issuer(request, super().get_callback_url(request, app))


class UnusableAnswer(ValueError):
    """The provider answered something that cannot be used."""


def checked_answer(data: dict[str, Any], identifying: Collection[str] = IDENTIFYING) -> dict[str, Any]:
    """Return what the provider said, in text that every database takes.

    Raises UnusableAnswer for other types, and where a name, or a claim of `identifying`, is no such text: without the
    characters that a database cannot store it would be another's.
    """
    return {source: checked_claims(claims, identifying) for source, claims in data.items()}


def checked_claims(claims: Any, identifying: Collection[str]) -> dict[str, Any]:
    if not isinstance(claims, dict):
        raise UnusableAnswer("The claims are not an object.")
    cleaned: dict[str, Any] = storable(claims)
    if any(cleaned.get(name) != claims.get(name) for name in identifying):
        raise UnusableAnswer("A claim that identifies has characters that cannot be stored.")
    if any(not isinstance(cleaned.get(name), str | None) for name in TEXTS):
        raise UnusableAnswer("A claim that is a text has another type.")
    subject = cleaned.get("sub")
    is_named = isinstance(subject, str | int) and not isinstance(subject, bool)
    if not is_named or not 0 < len(str(subject)) <= LONGEST_SUBJECT:
        raise UnusableAnswer("The subject is missing, or is no short text.")
    return cleaned


def storable(value: Any) -> Any:
    """Return `value`, of JSON, without U+0000 and lone surrogates, which PostgreSQL cannot store.

    Raises UnusableAnswer for the name of a member that has them: it could become the name of another member.
    """
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        if any(_storable_text(name) != name for name in value):
            raise UnusableAnswer("The name of a claim has characters that cannot be stored.")
        return {name: storable(each) for name, each in value.items()}
    return value


def _storable_text(text: str) -> str:
    return text.replace("\x00", "").encode(errors="ignore").decode()


def bounded(ask: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """`ask`, for which few requests wait at a time. Raises fetching.Busy."""

    @wraps(ask)
    def wrapped(*args: Any, **options: Any) -> requests.Response:
        with fetching.waiting_slot("single sign-on", requester="single sign-on"):
            release_connection()
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
        except (requests.RequestException, OAuth2Error, fetching.Busy) as error:
            logger.warning("single sign-on: the provider cannot be asked: %r", error)
        except UnusableAnswer as error:
            logger.warning("single sign-on: the provider's answer cannot be used: %s", error)
            events.record_once(Event.Kind.SIGN_IN, request, outcome=Event.Outcome.FAILED, reason="unusable_answer")
        except UNUSABLE as error:
            # With its traceback: it may be a defect of ours.
            logger.warning("single sign-on: the provider's answer cannot be used: %r", error, exc_info=True)
        return render(request, "socialaccount/authentication_error.html", status=503)

    return wrapped


def without_a_form(view: View) -> View:
    """What `view` redirects to is left for by itself: our policy for forms would bind the provider's redirects too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        elsewhere = response.get("Location", "")
        return redirect_external(request, elsewhere) if urlsplit(elsewhere).netloc else response

    return wrapped


login = unless_it_is_down(without_a_form(views.login))
callback = unless_it_is_down(views.callback)
