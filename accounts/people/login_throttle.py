"""Login throttle: an attempt is counted before the password is checked, and refunded if the password was right.

Three limits apply: few attempts for one name from one address; more from one address, enough for an office; and some
more for one name from all addresses, so that many addresses do not help to guess. An attacker could use up the last one
to lock a person out. So it does not apply at an address where the person signed in before, it refills steadily, and
passkeys and single sign-on ignore it.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import rate_limits
from accounts.http.address import client_address, client_network
from accounts.models import Event

# Part of the hashed value: it must not change when the module moves.
SALT = "accounts.sign_in_attempts"
# How long an address counts as known after a sign-in.
KNOWN_FOR = timedelta(days=30)


def count_attempt(request: HttpRequest, name: str) -> None:
    """Count an attempt for `name`, even if no such person exists. Raises RateLimitExceeded."""
    rate_limits.hit(*_local_quotas(request, name))
    try:
        rate_limits.hit(*_global_quotas(name))
    except rate_limits.RateLimitExceeded:
        if not signed_in_before(request, name):
            raise


def refund_attempt(request: HttpRequest, name: str) -> None:
    """Refund the attempt."""
    rate_limits.refund(*_local_quotas(request, name), *_global_quotas(name))


def signed_in_before(request: HttpRequest, name: str) -> bool:
    """Return whether the person of that name signed in before from the address of `request`.

    Names are compared in Python, as allauth compares them at a sign-in: a case-insensitive comparison in the database
    would confuse some letters beyond ASCII (accounts/email/spelling.py).
    """
    address = client_address(request)
    if address is None:
        return False
    since = timezone.now() - KNOWN_FOR
    sign_ins = Event.objects.filter(kind=Event.Kind.SIGN_IN, outcome=Event.Outcome.OK, address=address, at__gt=since)
    names = sign_ins.order_by().values_list("username", flat=True).distinct()
    return name.lower() in (known.lower() for known in names)


def _local_quotas(request: HttpRequest, name: str) -> list[rate_limits.Quota]:
    network = client_network(request)
    return rate_limits.quotas(sign_ins_name=f"{_folded(name)} {network}", sign_ins_address=network)


def _global_quotas(name: str) -> list[rate_limits.Quota]:
    return rate_limits.quotas(sign_ins_elsewhere=_folded(name))


def _folded(name: str) -> str:
    """Return one of 65,536 values for `name`, so that invented names cannot create more counters than that.

    The hash is keyed, so that nobody can choose a name that shares a counter with another. It is too short to recover a
    password that was typed into the wrong field.
    """
    return salted_hmac(SALT, name.strip().casefold(), algorithm="sha256").hexdigest()[:4]
