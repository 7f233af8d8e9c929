"""Authentication of protected resources by their secrets."""

from accounts.client_credentials import secrets
from accounts.models import ProtectedResource


def authenticate(client_id: str, secret: str) -> ProtectedResource | None:
    """Return the resource with these credentials, whether it is active or not; None where they are wrong."""
    found = ProtectedResource.objects.filter(client_id=client_id).first() if client_id.isprintable() else None
    return found if secrets.is_accepted(secret, found) else None
