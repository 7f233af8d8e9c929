"""What nobody needs any more, to be deleted a batch at a time beside live traffic (`manage.py prune`)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AccessToken, Allowance, ClientAssertion, Event, Grant, RefreshToken

BATCH = 1000
# For how long something that has expired is still of use: to say why it is refused.
EXPLAINED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Prunable:
    """`rows` are those that can go now. `name` is what people call them."""

    name: str
    rows: Callable[[], QuerySet[Any]]

    def count(self) -> int:
        return self.rows().count()

    def prune(self) -> Iterator[int]:
        """Delete them; yields how many went with each batch, each in a transaction of its own."""
        while pks := list(self.rows().order_by("pk").values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                self.rows().model._base_manager.filter(pk__in=pks).delete()
            yield len(pks)


def events() -> QuerySet[Event]:
    kept = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    return Event.objects.filter(at__lt=kept) if settings.AUDIT_DAYS else Event.objects.none()


def codes() -> QuerySet[Grant]:
    return Grant.objects.filter(expires__lt=timezone.now() - EXPLAINED)


def access_tokens() -> QuerySet[AccessToken]:
    return AccessToken.objects.filter(expires__lt=timezone.now() - EXPLAINED)


def refresh_tokens() -> QuerySet[RefreshToken]:
    """Superseded ones stay until they expire: one that comes again gives a thief away."""
    lasts = timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS) + EXPLAINED
    return RefreshToken.objects.filter(created__lt=timezone.now() - lasts)


def assertions() -> QuerySet[ClientAssertion]:
    return ClientAssertion.objects.filter(expires_at__lt=timezone.now())


def allowances() -> QuerySet[Allowance]:
    return Allowance.objects.filter(spent_until__lt=int(timezone.now().timestamp() * 1_000_000))


# An app adds its own when it is ready.
PRUNABLES = [
    Prunable("events", events),
    Prunable("authorization codes", codes),
    Prunable("access tokens", access_tokens),
    Prunable("refresh tokens", refresh_tokens),
    Prunable("client assertions", assertions),
    Prunable("allowances", allowances),
]
