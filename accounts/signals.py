"""What django.contrib.auth tells: people signing in, or failing to."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import events
from accounts.models import Event, User


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: object) -> None:
    events.record(Event.Kind.SIGN_IN, request=request, user=user)


@receiver(user_login_failed)
def sign_in_refused(sender: Any, request: HttpRequest | None = None, **kwargs: object) -> None:
    # The name that was tried is left out: people type their password into the wrong field.
    events.record(Event.Kind.SIGN_IN, outcome=Event.Outcome.REFUSED, request=request, reason="wrong_credentials")
