"""Secrets of protected resources: made by the server, stored hashed, and replaced with an overlap."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from accounts.client_credentials.hashers import RandomSecretHasher
from accounts.client_credentials.secrets import DUMMY_HASH, accepted_hashes
from accounts.models import ProtectedResource


def replace_secret(resource: ProtectedResource, overlap: timedelta = timedelta()) -> str:
    """Set a new secret on `resource`, without saving it, and return it. The former one is accepted for `overlap`."""
    resource.former_secret = resource.secret if overlap else ""
    resource.former_secret_until = timezone.now() + overlap if resource.former_secret else None
    secret: str = generate_client_secret()
    resource.secret = make_password(secret, hasher=RandomSecretHasher.algorithm)
    return secret


def authenticate(client_id: str, secret: str) -> ProtectedResource | None:
    """Return the resource with these credentials, whether it is active or not; None where they are wrong."""
    found = ProtectedResource.objects.filter(client_id=client_id).first() if client_id.isprintable() else None
    accepted = [DUMMY_HASH]
    if found is not None:
        accepted = accepted_hashes(found.secret, found.former_secret, found.former_secret_until)
    return found if any(check_password(secret, each) for each in accepted) else None
