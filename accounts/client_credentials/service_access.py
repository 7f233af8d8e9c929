"""Service access of clients: who has it, and the end of the tokens that were issued by it."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts import pruning
from accounts.models import Authorization, Client, ServiceAccess, ServicePerson
from accounts.revocation.authorizations import revoke


def access_of(client: Client) -> ServiceAccess | None:
    """Return what the operator allows `client` to do as a service person; None if it is nothing."""
    return ServiceAccess.objects.select_related("user").filter(client=client).first()


def is_confidential(client: Client) -> bool:
    """Return whether `client` must authenticate (RFC 6749 section 2.1), by its metadata or an operator's choice."""
    return not client.is_public or client.requires_assertion


def end(clients: QuerySet[Client], *, reason: str) -> int:
    """Revoke what was issued to `clients` by their own credentials. Returns the number of authorizations."""
    origin = Authorization.Origin.CLIENT_CREDENTIALS
    return revoke(Authorization.objects.filter(consent__client__in=clients, origin=origin), reason=reason)


@receiver([post_save, post_delete], sender=ServiceAccess)
def changed(sender: Any, instance: ServiceAccess, **kwargs: object) -> None:
    # Runs in the transaction of the change.
    end(Client.objects.filter(pk=instance.client_id), reason="service_access_changed")


@receiver(post_delete, sender=ServicePerson)
def no_service_person_any_more(sender: Any, instance: ServicePerson, **kwargs: object) -> None:
    # Runs in the transaction of the deletion. Includes what workloads got.
    revoke(Authorization.objects.filter(consent__user=instance.user_id), reason="service_access_changed")


# A client that registered itself is kept, however seldom it is used.
pruning.CLIENTS_IN_USE.append(lambda: ServiceAccess.objects.values("client"))
