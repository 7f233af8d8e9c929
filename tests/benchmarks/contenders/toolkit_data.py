"""Rows for the stock toolkit's database. To be imported once contenders/toolkit.py is."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from tests.benchmarks.client import REDIRECT_URI
from tests.support.oauth.pkce import CHALLENGE


def make(exchanges: dict[str, int]) -> dict[str, Any]:
    """Migrates; an access token that lasts, and so many codes and refresh tokens for each client."""
    call_command("migrate", verbosity=0)
    person = User.objects.create_user("demo")
    secret = secrets.token_urlsafe(48)
    clients = {}
    for name, kind in (("public", Application.CLIENT_PUBLIC), ("confidential", Application.CLIENT_CONFIDENTIAL)):
        application = Application.objects.create(
            name=name,
            user=person,
            client_type=kind,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris=REDIRECT_URI,
            client_secret=secret,
        )
        common = {"user": person, "application": application}
        clients[name] = {
            "client_id": application.client_id,
            **({"client_secret": secret} if name == "confidential" else {}),
            "codes": [code_for(common) for _ in range(exchanges[name])],
            "refresh_tokens": [refresh_token_for(common) for _ in range(exchanges[name])],
        }
    return {"tokens": [access_token_for(common).token], "clients": clients}


def later() -> Any:
    return timezone.now() + timedelta(hours=4)


def access_token_for(common: dict[str, Any]) -> AccessToken:
    return AccessToken.objects.create(**common, token=secrets.token_urlsafe(32), expires=later(), scope="read write")


def code_for(common: dict[str, Any]) -> str:
    grant = Grant.objects.create(
        **common,
        code=secrets.token_urlsafe(32),
        expires=later(),
        redirect_uri=REDIRECT_URI,
        scope="read",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
    )
    return grant.code


def refresh_token_for(common: dict[str, Any]) -> str:
    token = RefreshToken.objects.create(
        **common, token=secrets.token_urlsafe(32), access_token=access_token_for(common)
    )
    return token.token
