"""The token that the harness does not bring: a real one, as if demo had approved a client."""

from datetime import timedelta
from functools import lru_cache

from django.conf import settings

from accounts.http.address import RESOURCE_PATH
from accounts.models import Client, User
from tests.support.factories import make_authorization, make_tokens

# The same for every process, as a session belongs to the client that began it.
CLIENT_ID = "conformance-harness"
SCOPE = "read write"
# A person who tries the harness leaves the server running.
LASTS = timedelta(days=30)


def needs_token(path: str) -> bool:
    """Only the MCP endpoint takes tokens; others would take one for a client's own credentials."""
    return path.rstrip("/") == RESOURCE_PATH


@lru_cache(maxsize=100)
def authorization_header(origin: str) -> str:
    """A header with a token for the server at `origin`. Without PUBLIC_URL that is wherever it was asked."""
    about = {"name": "Conformance harness", "redirect_uris": "http://localhost:8080/callback", "scope": SCOPE}
    client, _ = Client.objects.get_or_create(client_id=CLIENT_ID, defaults=about)
    authorization = make_authorization(User.objects.get(username="demo"), client, scope=SCOPE)
    _, _, token = make_tokens(authorization, expires_in=LASTS, resource=origin + RESOURCE_PATH)
    return f"Bearer {token}"


def origin_of(scheme: str, host: str) -> str:
    return settings.PUBLIC_URL or f"{scheme}://{host}"


def at_start() -> None:
    """Make the token now where the address is known: a database without demo shows before the first request."""
    if settings.PUBLIC_URL:
        authorization_header(settings.PUBLIC_URL)
