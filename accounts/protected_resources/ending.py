"""The end of a protected resource's tokens."""

from accounts.models import Authorization, ProtectedResource
from accounts.revocation.authorizations import revoke


def switch_off(resource: ProtectedResource) -> int:
    """Refuse new tokens for `resource`, then revoke its authorizations. Returns the number of these.

    Switched off first, so that no code or refresh token is redeemed for it while they are revoked.
    """
    ProtectedResource.objects.filter(pk=resource.pk).update(is_active=False)
    return revoke(Authorization.objects.filter(resource=resource.identifier), reason="resource_ended")
