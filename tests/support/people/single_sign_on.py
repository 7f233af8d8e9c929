"""A sign-in at the OpenID Connect provider of the tests, and its outcome."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User


def arrive(browser: Browser, *, wanted: str = "") -> Any:
    """Sign in at the provider, and return the page that follows."""
    login = reverse("openid_connect_login", args=["sso"])
    sent = browser.post(f"{login}?next={wanted}" if wanted else login)
    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    callback = urlsplit(asked["redirect_uri"][0]).path
    return browser.get(callback, {"code": "c", "state": asked["state"][0]}, follow=True)


def signed_in(browser: Browser) -> User | None:
    return User.objects.filter(pk=browser.session.get("_auth_user_id", 0)).first()


def verified(user: User, email: str = "ada@example.com", *, verified: bool = True) -> User:
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user
