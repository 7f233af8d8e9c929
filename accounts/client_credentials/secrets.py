"""Secrets of clients and protected resources: made by the server, stored hashed, and replaced with an overlap."""

from datetime import datetime, timedelta

from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from accounts.client_credentials.hashers import RandomSecretHasher
from accounts.models import Client

# For how long the former secret is accepted, so that the client's own configuration can follow.
OVERLAP = timedelta(days=1)
# Checked in place of the secret of an unknown client: the time does not reveal which exist.
DUMMY_HASH = f"{RandomSecretHasher.algorithm}$nobodys$none"


def accepted_hashes(current: str, former: str, former_until: datetime | None) -> list[str]:
    """Return the hash of the secret, and after a rotation that of the former one until `former_until`."""
    is_former_accepted = former_until is not None and timezone.now() < former_until
    return [each for each in (current, former if is_former_accepted else "") if each]


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
