"""Database access for an event loop (config/asgi.py), without a thread for each request.

Whoever comes while a statement is under way waits for the next, which is then made for all of them: a token is still
looked up after its request came, and an event still committed before its request is answered.
"""

from accounts.audit import async_writer
from accounts.audit.async_writer import write
from accounts.conf import conf
from accounts.db.async_connection import django
from accounts.resource_server import token_lookup
from accounts.resource_server.token_lookup import find_token

__all__ = ["close", "find_token", "is_possible", "write"]


def is_possible() -> bool:
    """PostgreSQL alone answers over a socket that a loop can watch."""
    return django.vendor == "postgresql" and conf.PREPARED_STATEMENTS


async def close() -> None:
    """Close what is connected; what comes next connects again."""
    await token_lookup.close()
    await async_writer.close()
