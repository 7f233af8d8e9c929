"""Refusals without end: the first are events one by one, of the rest of a flood one a minute.

Anybody can bring about as many as the network carries; each as a row would fill the disk and bury what matters. That
one names a client makes no difference, as anybody can name one. Those of a person who is known are all written, but for
requests beyond a limit (events.record_some). The figures have all.
"""

from accounts import limits
from accounts.models import Event

TOLD = "There are more like it, too many to be written one by one."


def leaves_out(event: Event) -> bool:
    """Whether `event` is one of too many. One that stands for those of a minute says so in its detail."""
    if event.outcome != Event.Outcome.REFUSED or event.user_id is not None:
        return False
    try:
        limits.spend(*limits.quotas(refusals_address=f"{event.kind} {event.address}", refusals_total=""))
        return False
    except limits.Spent as spent:
        return _is_told_already(event, spent.standing.quota)


def _is_told_already(event: Event, quota: limits.Quota) -> bool:
    try:
        limits.spend(*limits.quotas(seen=quota.row))
    except limits.Spent:
        return True
    event.detail = f"{event.detail} {TOLD}".strip()
    return False
