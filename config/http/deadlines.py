"""Deadlines for the arrival of a request, for both kinds of workers.

A deadline applies to all of the headers, or all of the body, and so also to a client that sends single octets.
"""

# The speed of a slow connection, by which a large body has more time.
SLOWEST_OCTETS_PER_SECOND = 10_000


def body_deadline(started: float, received: int, seconds: float) -> float:
    """Return when a body has to be complete, by time.monotonic(), after `received` octets of it have arrived."""
    return started + seconds + received / SLOWEST_OCTETS_PER_SECOND
