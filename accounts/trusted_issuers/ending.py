"""The end of what was issued for an issuer's assertions, when its terms change. Connected in AppConfig.ready()."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_delete
from django.dispatch import receiver

from accounts.models import Authorization, Client, IssuerSubject, TrustedIssuer, WorkloadRule
from accounts.models.trusted_issuers import change_terms, terms_changed
from accounts.revocation.authorizations import revoke

CHANGED, ENDED = "issuer_changed", "issuer_ended"
REMOVALS = ("post_remove", "pre_clear")


@receiver(terms_changed)
def end_issued(sender: Any, pks: Collection[int], **kwargs: object) -> None:
    """Revoke the authorizations of the issuers `pks`. Clients get new ones with their next assertion, if they may."""
    active = set(TrustedIssuer.objects.filter(pk__in=pks, is_active=True).values_list("pk", flat=True))
    revoke(Authorization.objects.filter(issuer__in=active), reason=CHANGED)
    revoke(Authorization.objects.filter(issuer__in=set(pks) - active), reason=ENDED)


@receiver(pre_delete, sender=TrustedIssuer)
def issuer_deleted(sender: Any, instance: TrustedIssuer, **kwargs: object) -> None:
    # The row is locked from then on, so that no token is issued until it is gone.
    TrustedIssuer.objects.filter(pk=instance.pk).update(is_active=False)


@receiver(m2m_changed, sender=TrustedIssuer.clients.through)
def clients_changed(
    sender: Any, instance: TrustedIssuer | Client, action: str, pk_set: set[int] | None, **kwargs: object
) -> None:
    if action not in REMOVALS:
        return
    if isinstance(instance, TrustedIssuer):
        change_terms([instance.pk])
    else:
        issuers = pk_set if pk_set is not None else instance.trusted_issuers.values_list("pk", flat=True)
        change_terms(list(issuers))


@receiver([post_save, pre_delete], sender=IssuerSubject)
@receiver([post_save, pre_delete], sender=WorkloadRule)
def term_changed(
    sender: Any, instance: IssuerSubject | WorkloadRule, created: bool = False, origin: Any = None, **kwargs: object
) -> None:
    """End what was issued, unless the row is new, or is deleted with its issuer, person or client."""
    if not created and (origin is None or model_of(origin) is sender):
        change_terms([instance.issuer_id])


def model_of(origin: Model | QuerySet[Any]) -> type[Model]:
    return origin.model if isinstance(origin, QuerySet) else type(origin)
