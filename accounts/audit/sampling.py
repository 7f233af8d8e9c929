"""Refusals without end: the first are events one by one, of the rest of a flood one a minute.

Anybody can bring about as many as the network carries; each as a row would fill the disk and bury what matters. That
one names a client makes no difference, as anybody can name one. Those of a person who is known have a limit of their
own, which nobody else can use up. The figures have all.
"""

from accounts import rate_limits
from accounts.http.address import network_of
from accounts.models import Event

TOLD = "There are more like it, too many to be written one by one."


def leaves_out(event: Event) -> bool:
    """Whether `event` is one of too many. One that stands for those of a minute says so in its detail."""
    if event.outcome != Event.Outcome.REFUSED:
        return False
    try:
        rate_limits.hit(*_quotas_of(event))
        return False
    except rate_limits.RateLimitExceeded as exceeded:
        return _is_told_already(event, exceeded.status.quota)


def _quotas_of(event: Event) -> list[rate_limits.Quota]:
    if event.user_id is not None:
        return rate_limits.quotas(refusals_person=event.user_id)
    return rate_limits.quotas(refusals_address=f"{event.kind} {network_of(event.address)}", refusals_total="")


def _is_told_already(event: Event, quota: rate_limits.Quota) -> bool:
    try:
        rate_limits.hit(*rate_limits.quotas(seen=quota.row))
    except rate_limits.RateLimitExceeded:
        return True
    event.detail = f"{event.detail} {TOLD}".strip()
    return False
