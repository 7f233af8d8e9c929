"""Impact of blocking a domain: the clients that it would suspend. Exactly those shown are suspended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin_base.confirmation import digest_of
from accounts.admin_base.ending.summary import MOST_IN_MESSAGE, counted, label
from accounts.clients import vouching
from accounts.clients.blocked_domains import clients_of
from accounts.models import Authorization, Client
from accounts.revocation.authorizations import in_batches

# Part of the signed value: it must not change when the module moves.
SALT = "accounts.block_impact"
# How many clients a page names; further ones are counted.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Affected:
    """A client that would be suspended, and the number of people with a live authorization for it."""

    client: Client
    people: int

    @property
    def is_known(self) -> bool:
        """Return whether the client is in use, was added by hand or approved, or has a metadata document."""
        self_registered = self.client.registration_source == Client.RegistrationSource.DCR
        return bool(self.people) or not self_registered or vouching.by_operator(self.client)

    @property
    def origin(self) -> str:
        """Return how the client was registered, in words."""
        if self.client.document_host:
            return _("metadata document of %(host)s") % {"host": self.client.document_host}
        by_hand = self.client.registration_source == Client.RegistrationSource.MANUAL
        return _("added by hand") if by_hand else _("registered itself")


@dataclass(frozen=True, slots=True)
class Impact:
    """The clients that blocking `domain` suspends, the most used first. `client` is the one to be blocked, if known."""

    domain: str
    affected: Sequence[Affected]
    client: Client | None = None

    @property
    def shared_with(self) -> list[Affected]:
        """The other known clients of the domain. Because of them, the operator must tick the domain to block it."""
        return [each for each in self.affected if each.is_known and each.client != self.client]

    @property
    def named(self) -> list[Affected]:
        return self.shared_with[:MOST_NAMED]

    @property
    def more(self) -> int:
        return len(self.shared_with) - len(self.named)

    @property
    def people(self) -> int:
        return sum(each.people for each in self.affected)

    @property
    def others(self) -> int:
        """The number of other clients of the domain that are not known."""
        itself = sum(each.client == self.client for each in self.affected)
        return len(self.affected) - len(self.shared_with) - itself


def sentence_of(suspended: Sequence[Affected]) -> str:
    """Name the clients that were suspended, the most used first, and count their people."""
    if not suspended:
        return _("No client was suspended.")
    named = ", ".join(
        f"{label(each.client)} ({counted(each.people, 'person')})" for each in suspended[:MOST_IN_MESSAGE]
    )
    more = len(suspended) - len(suspended[:MOST_IN_MESSAGE])
    if not more:
        return _("Suspended: %(names)s.") % {"names": named}
    text = ngettext("Suspended: %(names)s and %(n)s more.", "Suspended: %(names)s and %(n)s more.", more)
    return text % {"names": named, "n": more}


def impact_of(domain: str, *, client: Client | None = None) -> Impact:
    found = clients_of(domain)
    people = people_of(found)
    affected = [Affected(each, people.get(each.pk, 0)) for each in found]
    return Impact(domain, sorted(affected, key=lambda each: (-each.people, str(each.client), each.client.pk)), client)


def people_of(clients: Iterable[Client], *, batch_size: int = 500) -> dict[int, int]:
    """Return the number of people with a live authorization, by the client's primary key."""
    keys = [client.pk for client in clients]
    people: dict[int, int] = {}
    for start in range(0, len(keys), batch_size):
        live = Authorization.objects.live().filter(consent__client__in=keys[start : start + batch_size])
        counted = live.order_by().values_list("consent__client").annotate(Count("consent__user", distinct=True))
        people.update(counted)
    return people


def suspend(impact: Impact) -> list[Affected]:
    """Suspend the clients of `impact`, and return those that were not suspended before, in the same order."""
    named = {each.client.pk: each for each in impact.affected}
    suspended: set[int] = set()
    with transaction.atomic():
        for batch in in_batches(list(named)):
            # A client that was suspended in the meantime keeps its time.
            rows = Client.objects.filter(pk__in=batch, suspended_at=None).select_for_update(of=("self",))
            pks = list(rows.order_by("pk").values_list("pk", flat=True))
            Client.objects.filter(pk__in=pks).update(suspended_at=timezone.now())
            suspended.update(pks)
    return [each for pk, each in named.items() if pk in suspended]


def digest(impacts: Iterable[Impact]) -> str:
    """Return a value that changes with the domains, their clients, and which of those are known."""
    shown = [
        (i.domain, sorted((each.client.pk, each.client.name, each.is_known) for each in i.affected)) for i in impacts
    ]
    return digest_of(shown, salt=SALT)
