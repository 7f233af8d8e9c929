"""Sign-in by an OpenID Connect provider: matching of people, validation of claims, and the page for failures."""

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
from accounts.models import Event
from accounts.oauth.external_redirect import Outcome, redirect_external
from accounts.user_model import User

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

# Optional claims whose values are strings (OpenID Connect Core section 5.1).
TEXTS = ("email", "name", "given_name", "family_name", "preferred_username", "picture")
# Claims that identify a person. They are used exactly as the provider wrote them, or refused.
IDENTIFYING = ("sub", "email", "email_verified")
# The number of characters that allauth stores.
LONGEST_SUBJECT = 191
# Exceptions of allauth and the database for an answer of an unexpected form.
UNUSABLE = (KeyError, ValueError, TypeError, AttributeError, DataError)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Matches people by an address that both sides verified. Others are added if OIDC_SIGN_UP is on."""

    def get_provider(self, request: HttpRequest, provider: Any, client_id: str | None = None) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        found.oauth2_adapter_class = ProviderAdapter
        read = found.sociallogin_from_response
        # `uid_field` is allauth's setting for a provider whose subject is another claim.
        identifying = {*IDENTIFYING, found.app.settings.get("uid_field", "sub")}
        found.sociallogin_from_response = lambda request, data: read(request, checked_answer(data, identifying))
        return found

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Save the person, their addresses and their account at the provider in one transaction."""
        return super().save_user(request, sociallogin, form)

    def new_user(self, request: HttpRequest, sociallogin: Any) -> Any:
        """Use the address as the provider wrote it: allauth's lower() may have mapped it to another address."""
        written = claimed_email(sociallogin)
        sociallogin.email_addresses = sociallogin.email_addresses if written else []
        for address in sociallogin.email_addresses:
            address.email = written
            # Some providers write `"email_verified": "false"`, or null.
            address.verified = str(address.verified).lower() == "true"
        return super().new_user(request, sociallogin)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Leave the address out: if the provider verified it, it becomes the person's with its row."""
        named = any(data.get(name) for name in ("username", "first_name", "last_name", "name"))
        username = data.get("username") if named else str(data.get("email") or "").partition("@")[0]
        return super().populate_user(request, sociallogin, {**data, "username": username, "email": ""})

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        for address in sociallogin.email_addresses:
            email_addresses.create_rows(address.email)
            known = (
                email_rows(address.email).filter(verified=True, user__is_service=False).select_related("user").first()
            )
            if address.verified and known is not None:
                return known.user, known.email
        return None

    def get_requests_session(self) -> requests.Session:
        """Return allauth's session, with the limit on waiting requests that fetches of clients have too."""
        session = super().get_requests_session()
        session.request = bounded(session.request)
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return whether a new person is added: not with an address that another person claims here."""
        taken = any(email_rows(address.email).exists() for address in sociallogin.email_addresses)
        return conf.OIDC_SIGN_UP and not taken


class ProviderAdapter(views.OpenIDConnectOAuth2Adapter):
    """Sends the redirect URI under PUBLIC_URL, which the operator registered at the provider."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return under_issuer(request, super().get_callback_url(request, app))


class UnusableAnswer(ValueError):
    """The provider's answer cannot be used. The message says why."""


def checked_answer(data: dict[str, Any], identifying: Collection[str] = IDENTIFYING) -> dict[str, Any]:
    """Return the provider's answer without characters that a database cannot store.

    Raises UnusableAnswer for other types, and if the name of a claim, or a claim of `identifying`, has such characters:
    without them it could be that of another person.
    """
    return {source: checked_claims(claims, identifying) for source, claims in data.items()}


def checked_claims(claims: Any, identifying: Collection[str]) -> dict[str, Any]:
    if not isinstance(claims, dict):
        raise UnusableAnswer("The claims are not an object.")
    cleaned: dict[str, Any] = storable(claims)
    if any(cleaned.get(name) != claims.get(name) for name in identifying):
        raise UnusableAnswer("A claim that identifies a person has characters that cannot be stored.")
    if any(not isinstance(cleaned.get(name), str | None) for name in TEXTS):
        raise UnusableAnswer("A claim has another type than string.")
    subject = cleaned.get("sub")
    is_named = isinstance(subject, str | int) and not isinstance(subject, bool)
    if not is_named or not 0 < len(str(subject)) <= LONGEST_SUBJECT:
        raise UnusableAnswer("The subject is missing, or is not a short string.")
    return cleaned


def storable(value: Any) -> Any:
    """Return the JSON value `value` without U+0000 and lone surrogates, which PostgreSQL cannot store.

    Raises UnusableAnswer if the name of a member has them: it could become the name of another member.
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


def bounded(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Decorate `send` to limit how many requests wait for it at a time. The result raises fetching.Busy."""

    @wraps(send)
    def wrapped(*args: Any, **options: Any) -> requests.Response:
        with fetching.waiting_slot("single sign-on", requester="single sign-on"):
            release_connection()
            return send(*args, **options)

    return wrapped


def email_rows(email: str) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(email=stored(email))


def claimed_email(sociallogin: Any) -> str:
    """Return the provider's `email` claim in canonical form; empty if it is missing or has no such form."""
    data = sociallogin.account.extra_data
    claims = data.get("userinfo") or data.get("id_token") or data
    try:
        return canonical(str(claims.get("email") or ""))
    except ValidationError:
        logger.warning("single sign-on: left out an email address of the provider that is not in ASCII")
        return ""


def handle_provider_errors(view: View) -> View:
    """Decorate `view` to return an error page if the provider is unreachable or its answer cannot be used."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (requests.RequestException, OAuth2Error, fetching.Busy) as error:
            logger.warning("single sign-on: the provider cannot be reached: %r", error)
        except UnusableAnswer as error:
            logger.warning("single sign-on: the provider's answer cannot be used: %s", error)
            events.record_once(Event.Kind.SIGN_IN, request, outcome=Event.Outcome.FAILED, reason="unusable_answer")
        except UNUSABLE as error:
            # With a traceback, because it may be a defect of this server.
            logger.warning("single sign-on: the provider's answer cannot be used: %r", error, exc_info=True)
        return render(request, "socialaccount/authentication_error.html", status=503)

    return wrapped


def redirect_without_form(view: View) -> View:
    """Decorate `view` to redirect by a page: form-action of the CSP would apply to the provider's redirects too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        location = response.get("Location", "")
        return redirect_external(request, location, Outcome.SIGN_IN) if urlsplit(location).netloc else response

    return wrapped


login = handle_provider_errors(redirect_without_form(views.login))
callback = handle_provider_errors(views.callback)
