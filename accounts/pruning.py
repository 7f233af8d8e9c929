"""Deletion of rows that are no longer needed, in batches, while the server runs (`manage.py prune`)."""

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
    DeviceCode,
    Event,
    Grant,
    RefreshToken,
    SigningKey,
    TrustedIssuer,
    UsedAssertion,
    UsedProof,
)

BATCH = 1000
# Expired rows are kept for this long, so that a refusal can name its reason.
KEPT_AFTER_EXPIRY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rows to delete. `rows` returns those that can be deleted now, `name` is shown to the operator.

    `after` is a relation: only rows without related rows are deleted.
    """

    name: str
    rows: Callable[[], QuerySet[Any]]
    after: str = ""

    def count(self) -> int:
        return self.rows().count()

    def prune(self) -> Iterator[int]:
        """Delete the rows, and yield the number of each batch. Each batch has a short transaction of its own."""
        rest = self._ready().order_by("pk").values_list("pk", flat=True)
        chosen = list(rest[:BATCH])
        while chosen:
            with short_transaction():
                deleted = self._delete(chosen)
            yield deleted
            # Rows that another transaction has locked are left to the next run.
            chosen = list(rest.filter(pk__gt=chosen[-1])[:BATCH])

    def _ready(self) -> QuerySet[Any]:
        return self.rows().filter(**({self.after: None} if self.after else {}))

    def _delete(self, chosen: list[Any]) -> int:
        """Delete the rows of `chosen` that are not locked and can still be deleted. Returns their number.

        A transaction that begins to use a row writes to that row first (`unused.mark_used`, `update_or_create`),
        because foreign keys are checked only at its commit. Once this transaction has the lock, that write is
        committed, so the second query does not select the row.
        """
        every = self.rows().model._base_manager
        locked = every.filter(pk__in=chosen).select_for_update(skip_locked=True, of=("self",))
        pks = list(locked.values_list("pk", flat=True))
        still = list(self._ready().filter(pk__in=pks).values_list("pk", flat=True))
        every.filter(pk__in=still).delete()
        return len(still)


# --- Rows that expire -----------------------------------------------------------------------------


def events() -> QuerySet[Event]:
    kept = timezone.now() - timedelta(days=conf.AUDIT_DAYS)
    return Event.objects.filter(at__lt=kept) if conf.AUDIT_DAYS else Event.objects.none()


def codes() -> QuerySet[Grant]:
    return Grant.objects.filter(expires__lt=timezone.now() - KEPT_AFTER_EXPIRY)


def device_codes() -> QuerySet[DeviceCode]:
    return DeviceCode.objects.filter(expires_at__lt=timezone.now() - KEPT_AFTER_EXPIRY)


def access_tokens() -> QuerySet[AccessToken]:
    return AccessToken.objects.filter(expires__lt=timezone.now() - KEPT_AFTER_EXPIRY)


def refresh_tokens() -> QuerySet[RefreshToken]:
    """Return expired refresh tokens. Superseded ones stay until then, since their reuse reveals a theft."""
    return RefreshToken.objects.filter(created__lt=timezone.now() - refresh_token_lasts())


def refresh_token_lasts() -> timedelta:
    return timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS) + KEPT_AFTER_EXPIRY


def assertions() -> QuerySet[ClientAssertion]:
    return ClientAssertion.objects.filter(expires_at__lt=timezone.now())


def used_assertions() -> QuerySet[UsedAssertion]:
    return UsedAssertion.objects.filter(expires_at__lt=timezone.now())


def allowances() -> QuerySet[Allowance]:
    return Allowance.objects.filter(spent_until__lt=int(timezone.now().timestamp() * 1_000_000))


def cache_entries() -> QuerySet[CacheEntry]:
    return CacheEntry.objects.filter(expires__lt=timezone.now())


def used_proofs() -> QuerySet[UsedProof]:
    return UsedProof.objects.filter(expires_at__lt=int(timezone.now().timestamp()))


def signing_keys() -> QuerySet[SigningKey]:
    """Return the keys of which every token has expired. The one that signs is never one of them."""
    return SigningKey.objects.ended()


def sign_in_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


# --- Rows that are not used ---------------------------------------------------------------------------


def authorization_in_use() -> Q:
    """Return the condition of an authorization that is new, or has a code or token that is not expired for long."""
    now = timezone.now()
    here = OuterRef("pk")
    return Q(
        Exists(RefreshToken.objects.filter(authorization=here, created__gte=now - refresh_token_lasts()))
        | Exists(AccessToken.objects.filter(authorization=here, expires__gte=now - KEPT_AFTER_EXPIRY))
        | Exists(Grant.objects.filter(authorization=here, expires__gte=now - KEPT_AFTER_EXPIRY)),
    ) | Q(created_at__gte=now - KEPT_AFTER_EXPIRY)


def authorizations() -> QuerySet[Authorization]:
    """Return authorizations that are not in use. Revoked ones are kept as long: they explain why a token is refused."""
    return Authorization.objects.exclude(authorization_in_use())


def consents() -> QuerySet[Consent]:
    in_use = Authorization.objects.filter(authorization_in_use(), consent=OuterRef("pk"))
    return Consent.objects.filter(~Exists(in_use), updated_at__lt=timezone.now() - KEPT_AFTER_EXPIRY)


# Functions that return the primary keys of clients to keep. Apps append theirs in AppConfig.ready().
CLIENTS_IN_USE: list[Callable[[], QuerySet[Any, Any]]] = [
    lambda: TrustedIssuer.clients.through.objects.values("client")
]


def exclude_clients_in_use(found: QuerySet[Client]) -> QuerySet[Client]:
    """Return `found` without the clients to keep."""
    for in_use in CLIENTS_IN_USE:
        found = found.exclude(pk__in=in_use())
    return found


def clients() -> QuerySet[Client]:
    """Return clients that registered themselves and that no person approved, or tried to, for CLIENT_DAYS.

    Clients that an operator made or suspended are kept: a suspended one could otherwise register again.
    """
    if not conf.CLIENT_DAYS:
        return Client.objects.none()
    unused = Client.objects.filter(
        updated__lt=timezone.now() - timedelta(days=conf.CLIENT_DAYS), suspended_at=None
    ).exclude(registration_source=Client.RegistrationSource.MANUAL)
    unused = exclude_clients_in_use(unused)
    consented = Consent.objects.filter(client=OuterRef("pk")).exclude(pk__in=consents().values("pk"))
    return unused.filter(~Exists(consented))


# In this order: each deletion makes further rows deletable. Apps append theirs in AppConfig.ready().
RETENTION_RULES = [
    RetentionRule("events", events),
    RetentionRule("authorization codes", codes),
    RetentionRule("device codes", device_codes),
    RetentionRule("access tokens", access_tokens),
    RetentionRule("refresh tokens", refresh_tokens),
    RetentionRule("unused authorizations", authorizations),
    RetentionRule("unused consents", consents, after="authorizations"),
    RetentionRule("unused clients", clients, after="consents"),
    RetentionRule("client assertions", assertions),
    RetentionRule("assertions of trusted issuers", used_assertions),
    RetentionRule("used DPoP proofs", used_proofs),
    RetentionRule("signing keys", signing_keys),
    RetentionRule("allowances", allowances),
    RetentionRule("cache entries", cache_entries),
    RetentionRule("sign-in sessions", sign_in_sessions),
]
