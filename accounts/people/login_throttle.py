"""Login throttle: an attempt is counted before the password is checked, and given back where it was right.

By one name at one address, few; from one address, as many as an office mistypes; by one name from everywhere, some
more, so that a guess does not become likely by coming from many addresses. That last one alone could be used up by
somebody else to lock the person out: it does not hold at an address where they signed in before, and refills steadily;
nor does it concern passkeys and single sign-on.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import rate_limits
from accounts.http.address import client_address, client_network
from accounts.models import Event

# Part of what is hashed: it stays when the module moves.
SALT = "accounts.sign_in_attempts"
# For how long an address is remembered as somebody's.
KNOWN_FOR = timedelta(days=30)


def begin(request: HttpRequest, name: str) -> None:
    """Count an attempt by `name`, whether there is such a person or not. Raises RateLimitExceeded."""
    rate_limits.hit(*_here(request, name))
    try:
        rate_limits.hit(*_elsewhere(name))
    except rate_limits.RateLimitExceeded:
        if not signed_in_before(request, name):
            raise


def succeeded(request: HttpRequest, name: str) -> None:
    rate_limits.refund(*_here(request, name), *_elsewhere(name))


def signed_in_before(request: HttpRequest, name: str) -> bool:
    """Whether the person of that name did so, from where the request comes.

    Names are compared here, as allauth compares them at a sign-in: a case-insensitive comparison in the database
    would take some letters beyond ASCII for others (accounts/email/spelling.py).
    """
    address = client_address(request)
    if address is None:
        return False
    since = timezone.now() - KNOWN_FOR
    sign_ins = Event.objects.filter(kind=Event.Kind.SIGN_IN, outcome=Event.Outcome.OK, address=address, at__gt=since)
    names = sign_ins.order_by().values_list("username", flat=True).distinct()
    return name.lower() in (known.lower() for known in names)


def _here(request: HttpRequest, name: str) -> list[rate_limits.Quota]:
    network = client_network(request)
    return rate_limits.quotas(sign_ins_name=f"{_folded(name)} {network}", sign_ins_address=network)


def _elsewhere(name: str) -> list[rate_limits.Quota]:
    return rate_limits.quotas(sign_ins_elsewhere=_folded(name))


def _folded(name: str) -> str:
    """One of 65,536 numbers for `name`: however many names somebody invents, there are no more counts.

    It is keyed, so that nobody can choose a name that counts with another. People type their password into the wrong
    field: it cannot be found out from so short a number.
    """
    return salted_hmac(SALT, name.strip().casefold(), algorithm="sha256").hexdigest()[:4]
