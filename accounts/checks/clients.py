"""Checks of what clients may register, how often they may ask, and how long their tokens live."""

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.clients.redirect_uris import NEVER_SCHEMES
from accounts.conf import conf
from accounts.rate_limits.rates import rate_of

LONGEST_GRACE_SECONDS = 600
LONGEST_CODE_MINUTES = 10


@register(Tags.security)
def check_private_schemes(**kwargs: object) -> list[CheckMessage]:
    unsafe = sorted(NEVER_SCHEMES.intersection(conf.PRIVATE_SCHEMES))
    if not unsafe:
        return []
    hint = "Take them out: a browser would run or open them itself instead of passing the code to an app."
    return [Error(f"PRIVATE_SCHEMES lists {', '.join(unsafe)}.", hint=hint, id="accounts.E006")]


@register(Tags.security)
def check_registration(**kwargs: object) -> list[CheckMessage]:
    if conf.REGISTRATION in ("open", "reviewed", "closed"):
        return []
    return [Error(f"REGISTRATION={conf.REGISTRATION!r} is not open, reviewed or closed.", id="accounts.E008")]


@register(Tags.security)
def check_limits(**kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, rate in conf.LIMITS.items():
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
        for name in ("AUTHORIZATION_CODE_EXPIRE_MINUTES", "ACCESS_TOKEN_EXPIRE_MINUTES", "REFRESH_TOKEN_EXPIRE_DAYS")
        if getattr(conf, name) < 1
    ]
    if conf.AUTHORIZATION_CODE_EXPIRE_MINUTES > LONGEST_CODE_MINUTES:
        hint = "RFC 6749 section 4.1.2 recommends at most ten minutes: a code is redeemed at once, or pasted by hand."
        message = f"AUTHORIZATION_CODE_EXPIRE_MINUTES must be at most {LONGEST_CODE_MINUTES}."
        found.append(Error(message, hint=hint, id="accounts.E027"))
    if not 0 <= conf.REFRESH_GRACE_SECONDS <= LONGEST_GRACE_SECONDS:
        hint = "Within this time, a stolen refresh token goes unnoticed. Two minutes are enough for known clients."
        message = f"REFRESH_GRACE_SECONDS must be between 0 and {LONGEST_GRACE_SECONDS}."
        found.append(Error(message, hint=hint, id="accounts.E028"))
    if conf.ACCESS_TOKEN_EXPIRE_MINUTES > 24 * 60:
        hint = "Clients refresh on their own: a short lifetime costs nothing and limits what a stolen token can do."
        found.append(Warning("Access tokens live for more than a day.", hint=hint, id="accounts.W001"))
    return found
