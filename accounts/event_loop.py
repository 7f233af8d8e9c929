"""Database access for an event loop (config/asgi.py), without a thread for each request.

Requests that arrive while a statement runs share the next one. A token is still looked up after its request arrived,
and an event is still committed before the response to its request is sent.
"""

from accounts.audit import async_writer
from accounts.audit.async_writer import write
from accounts.conf import conf
from accounts.db.async_connection import django_connection
from accounts.dpop import async_replays
from accounts.dpop.async_replays import use as use_proof
from accounts.resource_server import token_lookup
from accounts.resource_server.token_lookup import find_token

__all__ = ["close", "find_token", "is_possible", "use_proof", "write"]


def is_possible() -> bool:
    """Return whether the database is PostgreSQL, the only one with a socket that an event loop can watch."""
    return django_connection.vendor == "postgresql" and conf.PREPARED_STATEMENTS


async def close() -> None:
    """Close the connections. The next statement opens new ones."""
    await token_lookup.close()
    await async_replays.close()
    await async_writer.close()
