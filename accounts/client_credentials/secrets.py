"""Secrets of clients and protected resources: made by the server, stored hashed, and replaced with an overlap."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from accounts.client_credentials.hashers import RandomSecretHasher
from accounts.models import Client, ProtectedResource

Holder = Client | ProtectedResource
# For how long the former secret is accepted, so that the holder's own configuration can follow.
OVERLAP = timedelta(days=1)
# Checked in place of the secret of an unknown holder: the time does not reveal which exist.
DUMMY_HASH = f"{RandomSecretHasher.algorithm}$nobodys$none"


def generate(holder: Holder) -> str:
    """Set the hash of a new secret on `holder`, which is not saved, and return the secret."""
    secret: str = generate_client_secret()
    setattr(holder, _field_of(holder), make_password(secret, hasher=RandomSecretHasher.algorithm))
    return secret


def rotate(holder: Holder, overlap: timedelta) -> str:
    """Replace the secret of `holder`, and return the new one. The former one is accepted for `overlap`."""
    holder.former_secret = _hash_of(holder) if overlap else ""
    holder.former_secret_until = timezone.now() + overlap if holder.former_secret else None
    secret = generate(holder)
    # The toolkit's time of the last change.
    changed = ["updated"] if isinstance(holder, Client) else []
    holder.save(update_fields=[_field_of(holder), "former_secret", "former_secret_until", *changed])
    return secret


def is_accepted(secret: str, holder: Holder | None) -> bool:
    """Return whether `secret` is that of `holder`, or the former one during its overlap.

    Without a holder it is not, after the same work.
    """
    accepted = [DUMMY_HASH] if holder is None else _accepted_hashes(holder)
    return any(check_password(secret, each) for each in accepted)


def _accepted_hashes(holder: Holder) -> list[str]:
    until = holder.former_secret_until
    former = holder.former_secret if until is not None and timezone.now() < until else ""
    return [each for each in (_hash_of(holder), former) if each]


def _hash_of(holder: Holder) -> str:
    stored: str = getattr(holder, _field_of(holder))
    return stored


def _field_of(holder: Holder) -> str:
    """Return the name of the field with the hash of the secret."""
    return "client_secret" if isinstance(holder, Client) else "secret"
