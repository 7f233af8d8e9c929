"""Deadlines for the arrival of a request, under either kind of worker.

A deadline is for the whole of the headers, or of the body, so that a client which sends an octet now and then meets
it too.
"""

# A slow line sends this much: a body of MAX_BODY_BYTES may take so much longer.
SLOWEST_OCTETS_PER_SECOND = 10_000


def body_deadline(started: float, received: int, seconds: float) -> float:
    """Return when a body has to be whole, by time.monotonic(), of which so many octets came."""
    return started + seconds + received / SLOWEST_OCTETS_PER_SECOND
