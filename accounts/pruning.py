"""Deletion of rows that nobody needs any more, a batch at a time beside live traffic (`manage.py prune`)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.conf import conf
from accounts.db.short_transactions import short_transaction
from accounts.models import (
    AccessToken,
    Allowance,
    Authorization,
    CacheEntry,
    Client,
    ClientAssertion,
    Consent,
    Event,
    Grant,
    RefreshToken,
)

BATCH = 1000
# For how long something that has expired is still of use: to say why it is refused.
EXPLAINED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Prunable:
    """`rows` are those that can go now. `name` is what people call them.

    `after` is the relation to what goes before it does: a row goes once it has none of those.
    """

    name: str
    rows: Callable[[], QuerySet[Any]]
    after: str = ""

    def count(self) -> int:
        return self.rows().count()

    def prune(self) -> Iterator[int]:
        """Delete them; yields how many went with each batch, each in a short transaction of its own."""
        rest = self._ready().order_by("pk").values_list("pk", flat=True)
        chosen = list(rest[:BATCH])
        while chosen:
            with short_transaction():
                deleted = self._delete(chosen)
            yield deleted
            # Onwards: what somebody holds just now is left for the next time.
            chosen = list(rest.filter(pk__gt=chosen[-1])[:BATCH])

    def _ready(self) -> QuerySet[Any]:
        return self.rows().filter(**({self.after: None} if self.after else {}))

    def _delete(self, chosen: list[Any]) -> int:
        """Those of `chosen` that nobody holds, judged anew: each may have been used since it was chosen.

        Whoever begins to use a row writes to it first (`note_use`, `update_or_create`), since what refers to it is held
        against it only at its commit. Under the lock, that has been, and the second query sees it, or finds no row.
        """
        every = self.rows().model._base_manager
        locked = every.filter(pk__in=chosen).select_for_update(skip_locked=True, of=("self",))
        pks = list(locked.values_list("pk", flat=True))
        still = list(self._ready().filter(pk__in=pks).values_list("pk", flat=True))
        every.filter(pk__in=still).delete()
        return len(still)


# --- What expires -----------------------------------------------------------------------------


def events() -> QuerySet[Event]:
    kept = timezone.now() - timedelta(days=conf.AUDIT_DAYS)
    return Event.objects.filter(at__lt=kept) if conf.AUDIT_DAYS else Event.objects.none()


def codes() -> QuerySet[Grant]:
    return Grant.objects.filter(expires__lt=timezone.now() - EXPLAINED)


def access_tokens() -> QuerySet[AccessToken]:
    return AccessToken.objects.filter(expires__lt=timezone.now() - EXPLAINED)


def refresh_tokens() -> QuerySet[RefreshToken]:
    """Superseded ones stay until they expire: one that comes again gives a thief away."""
    return RefreshToken.objects.filter(created__lt=timezone.now() - refresh_token_lasts())


def refresh_token_lasts() -> timedelta:
    return timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS) + EXPLAINED


def assertions() -> QuerySet[ClientAssertion]:
    return ClientAssertion.objects.filter(expires_at__lt=timezone.now())


def allowances() -> QuerySet[Allowance]:
    return Allowance.objects.filter(spent_until__lt=int(timezone.now().timestamp() * 1_000_000))


def cache_entries() -> QuerySet[CacheEntry]:
    return CacheEntry.objects.filter(expires__lt=timezone.now())


def sign_in_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


# --- What nobody uses ---------------------------------------------------------------------------


def of_living_authorizations() -> Q:
    """Whether something is left that an authorization led to, and that can still be used, or explained."""
    now = timezone.now()
    here = OuterRef("pk")
    return Q(
        Exists(RefreshToken.objects.filter(authorization=here, created__gte=now - refresh_token_lasts()))
        | Exists(AccessToken.objects.filter(authorization=here, expires__gte=now - EXPLAINED))
        | Exists(Grant.objects.filter(authorization=here, expires__gte=now - EXPLAINED)),
    ) | Q(created_at__gte=now - EXPLAINED)


def authorizations() -> QuerySet[Authorization]:
    """Revoked ones too, until then: they say why a token is refused."""
    return Authorization.objects.exclude(of_living_authorizations())


def consents() -> QuerySet[Consent]:
    living = Authorization.objects.filter(of_living_authorizations(), consent=OuterRef("pk"))
    return Consent.objects.filter(~Exists(living), updated_at__lt=timezone.now() - EXPLAINED)


# What keeps a client of which nobody else thinks any more: their numbers. An app adds its own when it is ready.
KEPT_CLIENTS: list[Callable[[], QuerySet[Any, Any]]] = []


def clients() -> QuerySet[Client]:
    """Those that brought themselves, and that nobody lets in, or asked to, for CLIENT_DAYS.

    Not where an operator decided something about one: those made by hand, and the suspended, which could come back.
    """
    if not conf.CLIENT_DAYS:
        return Client.objects.none()
    unused = Client.objects.filter(
        updated__lt=timezone.now() - timedelta(days=conf.CLIENT_DAYS), suspended_at=None
    ).exclude(registration_source=Client.RegistrationSource.MANUAL)
    for kept in KEPT_CLIENTS:
        unused = unused.exclude(pk__in=kept())
    let_in = Consent.objects.filter(client=OuterRef("pk")).exclude(pk__in=consents().values("pk"))
    return unused.filter(~Exists(let_in))


# In this order: each makes the next ones free. An app adds its own when it is ready.
PRUNABLES = [
    Prunable("events", events),
    Prunable("authorization codes", codes),
    Prunable("access tokens", access_tokens),
    Prunable("refresh tokens", refresh_tokens),
    Prunable("unused authorizations", authorizations),
    Prunable("unused consents", consents, after="authorizations"),
    Prunable("unused clients", clients, after="consents"),
    Prunable("client assertions", assertions),
    Prunable("allowances", allowances),
    Prunable("cache entries", cache_entries),
    Prunable("sign-in sessions", sign_in_sessions),
]
