"""Stored secrets of clients and protected resources: which hashes are accepted."""

from datetime import datetime

from django.utils import timezone

from accounts.client_credentials.hashers import RandomSecretHasher

# Checked in place of the secret of an unknown client: the time does not reveal which exist.
DUMMY_HASH = f"{RandomSecretHasher.algorithm}$nobodys$none"


def accepted_hashes(current: str, former: str, former_until: datetime | None) -> list[str]:
    """Return the hash of the secret, and after a rotation that of the former one until `former_until`."""
    is_former_accepted = former_until is not None and timezone.now() < former_until
    return [each for each in (current, former if is_former_accepted else "") if each]
