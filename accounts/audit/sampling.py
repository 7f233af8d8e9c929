"""Sampling of repeated refusals: the first are written one by one, the rest at one per minute.

Anyone can cause as many refusals as the network carries. A row for each would fill the disk and hide other events. A
client's name in a refusal makes no difference, because anyone can send one; neither does a person's beside a wrong
password. Refusals of a signed-in person count against that person's own limit, which nobody else can use up. The
metrics count all refusals.
"""

from accounts import rate_limits
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.http.address import network_of
from accounts.models import Event

MORE = "There are more like it, too many to be written one by one."


def should_drop(event: Event) -> bool:
    """Return whether `event` is not to be written. The one that is written per minute says so in its detail."""
    if event.outcome != Event.Outcome.REFUSED:
        return False
    try:
        with brief_wait():
            rate_limits.hit(*_quotas_of(event))
        return False
    except WriterBusy:
        # Uncounted: what may wait is bounded (accounts/audit/deferred.py).
        return False
    except rate_limits.RateLimitExceeded as exceeded:
        return _was_written_this_minute(event, exceeded.status.quota)


def _quotas_of(event: Event) -> list[rate_limits.Quota]:
    if event.user_id is not None and event.reason != "wrong_credentials":
        return rate_limits.quotas(refusals_person=event.user_id)
    return rate_limits.quotas(refusals_address=f"{event.kind} {network_of(event.address)}", refusals_total="")


def _was_written_this_minute(event: Event, quota: rate_limits.Quota) -> bool:
    try:
        rate_limits.hit(*rate_limits.quotas(seen=quota.row))
    except rate_limits.RateLimitExceeded:
        return True
    event.detail = f"{event.detail} {MORE}".strip()
    return False
