"""Secrets of clients: made by the server, stored hashed, and replaced with an overlap."""

from datetime import timedelta

from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from accounts.models import Client

# For how long the former secret is accepted, so that the client's own configuration can follow.
OVERLAP = timedelta(days=1)


def generate(client: Client) -> str:
    """Set a new secret on `client` and return it. Saving `client` stores only the hash."""
    client.client_secret = generate_client_secret()
    return client.client_secret


def rotate(client: Client, overlap: timedelta) -> str:
    """Replace the secret of `client`, and return the new one. The former one is accepted for `overlap`."""
    client.former_secret = client.client_secret if overlap else ""
    client.former_secret_until = timezone.now() + overlap if overlap else None
    secret = generate(client)
    client.save(update_fields=["client_secret", "former_secret", "former_secret_until", "updated"])
    return secret
