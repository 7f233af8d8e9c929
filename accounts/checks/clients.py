"""Checks of what clients may register, how often they may ask, and how long their tokens live."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.clients.redirect_uris import NEVER_SCHEMES
from accounts.rate_limits.rates import rate_of


@register(Tags.security)
def check_private_schemes(**kwargs: object) -> list[CheckMessage]:
    unsafe = sorted(NEVER_SCHEMES.intersection(settings.PRIVATE_SCHEMES))
    if not unsafe:
        return []
    hint = "Take them out: a browser would run or open them itself instead of passing the code to an app."
    return [Error(f"PRIVATE_SCHEMES lists {', '.join(unsafe)}.", hint=hint, id="accounts.E006")]


@register(Tags.security)
def check_registration(**kwargs: object) -> list[CheckMessage]:
    if settings.REGISTRATION in ("open", "reviewed", "closed"):
        return []
    return [Error(f"REGISTRATION={settings.REGISTRATION!r} is not open, reviewed or closed.", id="accounts.E008")]


@register(Tags.security)
def check_limits(**kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, rate in settings.LIMITS.items():
        try:
            rate_of(rate)
        except ValueError:
            hint = "Write it like 600/minute or 5/5minutes; 0 is no limit."
            found.append(Error(f"LIMIT_{name.upper()}={rate!r} is not a rate.", hint=hint, id="accounts.E016"))
    return found


@register(Tags.security)
def check_lifetimes(**kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = [
        Error(f"{name} must be at least 1.", id="accounts.E007")
        for name in ("ACCESS_TOKEN_EXPIRE_MINUTES", "REFRESH_TOKEN_EXPIRE_DAYS")
        if getattr(settings, name) < 1
    ]
    if settings.ACCESS_TOKEN_EXPIRE_MINUTES > 24 * 60:
        hint = "Clients refresh on their own: a short lifetime costs nothing and limits what a stolen token can do."
        found.append(Warning("Access tokens live for more than a day.", hint=hint, id="accounts.W001"))
    return found
