"""What an event loop (config/asgi.py) asks the database, without a thread for each request.

Whoever comes while a statement is under way waits for the next, which is then made for all of them: a token is still
looked up after its request came, and an event still committed before its request is answered.
"""

from django.conf import settings

from accounts.event_loop import door, trail
from accounts.event_loop.door import find_token
from accounts.event_loop.loop_connection import django
from accounts.event_loop.trail import write

__all__ = ["close", "find_token", "is_possible", "write"]


def is_possible() -> bool:
    """PostgreSQL alone answers over a socket that a loop can watch."""
    return django.vendor == "postgresql" and settings.PREPARED_STATEMENTS


async def close() -> None:
    """Close what is connected; what comes next connects again."""
    await door.close()
    await trail.close()
