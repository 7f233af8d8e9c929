"""Impact of blocking a domain: the clients that it would suspend, shown first and suspended as shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.clients import vouching
from accounts.clients.blocked_domains import clients_of
from accounts.models import Authorization, Client
from accounts.revocation.authorizations import in_batches

# Part of what is signed: it stays when the module moves.
SALT = "accounts.block_impact"
# The names that a page lists; the rest is counted.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Affected:
    """A client that would be suspended, and how many people have a live authorization for it."""

    client: Client
    people: int

    @property
    def is_known(self) -> bool:
        """Whether somebody relies on it or vouches for it: used, made by hand, approved, or by a metadata document."""
        by_itself = self.client.registration_source == Client.RegistrationSource.DCR
        return bool(self.people) or not by_itself or vouching.by_operator(self.client)

    @property
    def origin(self) -> str:
        """How it came here, in words."""
        if self.client.document_host:
            return f"metadata document of {self.client.document_host}"
        by_hand = self.client.registration_source == Client.RegistrationSource.MANUAL
        return "made by hand" if by_hand else "registered by itself"


@dataclass(frozen=True, slots=True)
class Impact:
    """The clients of `domain` that blocking it suspends, the most used first. `of` is the client that it is about."""

    domain: str
    affected: Sequence[Affected]
    of: Client | None = None

    @property
    def shared_with(self) -> list[Affected]:
        """The other clients there that are known: blocking the domain needs an explicit consent because of them."""
        return [each for each in self.affected if each.is_known and each.client != self.of]

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
        """How many further clients there are that nobody relies on."""
        itself = sum(each.client == self.of for each in self.affected)
        return len(self.affected) - len(self.shared_with) - itself


def impact_of(domain: str, *, of: Client | None = None) -> Impact:
    found = clients_of(domain)
    people = people_of(found)
    affected = [Affected(client, people.get(client.pk, 0)) for client in found]
    return Impact(domain, sorted(affected, key=lambda each: (-each.people, str(each.client), each.client.pk)), of)


def people_of(clients: Iterable[Client], *, at_a_time: int = 500) -> dict[int, int]:
    """How many people have a live authorization, by the client's primary key."""
    keys = [client.pk for client in clients]
    people: dict[int, int] = {}
    for start in range(0, len(keys), at_a_time):
        live = Authorization.objects.live().filter(consent__client__in=keys[start : start + at_a_time])
        counted = live.order_by().values_list("consent__client").annotate(Count("consent__user", distinct=True))
        people.update(counted)
    return people


def suspend(impact: Impact) -> list[Client]:
    """Suspend exactly the clients that `impact` names; returns those that were not suspended already."""
    named = {each.client.pk: each.client for each in impact.affected}
    suspended: list[int] = []
    with transaction.atomic():
        for batch in in_batches(list(named)):
            # One that was suspended meanwhile keeps its time.
            rows = Client.objects.filter(pk__in=batch, suspended_at=None).select_for_update(of=("self",))
            pks = list(rows.order_by("pk").values_list("pk", flat=True))
            Client.objects.filter(pk__in=pks).update(suspended_at=timezone.now())
            suspended += pks
    return [named[pk] for pk in suspended]


def digest(impacts: Iterable[Impact]) -> str:
    """Changes with the domains, the clients that would be suspended, and which of them are known."""
    shown = [
        (i.domain, sorted((each.client.pk, each.client.name, each.is_known) for each in i.affected)) for i in impacts
    ]
    return salted_hmac(SALT, repr(shown), algorithm="sha256").hexdigest()
