"""Rows for the stock toolkit's database. To be imported once contenders/toolkit.py is."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application


def make() -> str:
    """Migrates; returns an access token that lasts."""
    call_command("migrate", verbosity=0)
    person = User.objects.create_user("demo")
    application = Application.objects.create(
        name="bench",
        user=person,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="http://127.0.0.1/callback",
    )
    raw = secrets.token_urlsafe(32)
    expires = timezone.now() + timedelta(hours=4)
    AccessToken.objects.create(user=person, application=application, token=raw, expires=expires, scope="read write")
    return raw
