"""Checks of SECRET_KEY and SECRET_KEY_FALLBACKS."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from accounts.checks.trial import is_trial
from accounts.crypto.secret_keys import HOW_TO_MAKE_A_KEY, weakness_of


@register(Tags.security)
def check_secret_key(**kwargs: object) -> list[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    if not key:
        hint = f"Set it to a random value, in the environment or in .env: {HOW_TO_MAKE_A_KEY}. `make run` does that."
        return [Error("SECRET_KEY is not set.", hint=hint, id="accounts.E001")]
    weakness = "" if is_trial() else weakness_of(key)
    if not weakness:
        return []
    hint = (
        "Anyone who guesses it can forge sessions, links in emails and refreshed tokens. "
        f"Generate a new key: {HOW_TO_MAKE_A_KEY}."
    )
    return [Error(f"SECRET_KEY {weakness}.", hint=hint, id="accounts.E017")]


@register(Tags.security)
def check_former_secret_keys(**kwargs: object) -> list[CheckMessage]:
    """Report weak former keys: signatures made with them are still accepted."""
    if is_trial():
        return []
    hint = (
        "Run `manage.py reseal --skip-checks`, which keeps second factors and signing keys, and take the key out: "
        "people sign in again."
    )
    weaknesses = [weakness_of(key) for key in settings.SECRET_KEY_FALLBACKS]
    return [
        Error(f"Number {number} of SECRET_KEY_FALLBACKS {weakness}.", hint=hint, id="accounts.E018")
        for number, weakness in enumerate(weaknesses, start=1)
        if weakness
    ]
