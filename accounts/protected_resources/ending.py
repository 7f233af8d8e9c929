"""The end of a protected resource's tokens, and of those that were exchanged for them.

Its signals are connected in AppConfig.ready().
"""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver

from accounts.models import AllowedExchange, Authorization, AuthorizationQuerySet, ProtectedResource
from accounts.revocation.authorizations import revoke


def switch_off(resource: ProtectedResource) -> int:
    """Refuse new tokens for `resource`, then revoke its authorizations. Returns the number of these.

    Switched off first, so that no code or refresh token is redeemed for it while they are revoked. Those that it
    exchanged are revoked, too.
    """
    ProtectedResource.objects.filter(pk=resource.pk).update(is_active=False)
    _wait_for_exchanges(Q(source=resource) | Q(target=resource))
    revoke(exchanged_by(resource), reason="resource_ended")
    return revoke(Authorization.objects.filter(resource=resource.identifier), reason="resource_ended")


@receiver(pre_delete, sender=ProtectedResource)
def resource_deleted(sender: Any, instance: ProtectedResource, **kwargs: object) -> None:
    # Otherwise a resource that is added with the same identifier would accept the tokens of the former one.
    switch_off(instance)


def end_exchange(source: ProtectedResource, target: ProtectedResource) -> int:
    """Revoke what `source` got for `target`. Returns the number of authorizations.

    In a transaction that then changes the permission, no exchange comes in between: the permission is locked.
    """
    _wait_for_exchanges(Q(source=source, target=target))
    return revoke(exchanged_by(source).filter(resource=target.identifier), reason="exchange_ended")


@receiver(post_delete, sender=AllowedExchange)
def permission_deleted(sender: Any, instance: AllowedExchange, **kwargs: object) -> None:
    end_exchange(instance.source, instance.target)


def exchanged_by(source: ProtectedResource) -> AuthorizationQuerySet:
    """Return the authorizations that `source` got by exchanges."""
    is_actor = Q(actors=source.identifier) | Q(actors__startswith=f"{source.identifier} ")
    return Authorization.objects.filter(is_actor, exchanged_from__isnull=False)


def _wait_for_exchanges(which: Q) -> None:
    """Wait until the exchanges that have begun are committed, each of which locks its AllowedExchange."""
    with transaction.atomic():
        list(AllowedExchange.objects.select_for_update(no_key=True).filter(which).order_by("pk"))
