"""Search of the audit log for the attempts of a person, client or address, or with a reason."""

import re
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.db.models import Q, QuerySet

from accounts.email.spelling import stored
from accounts.models import Client, Event, has_own_model
from accounts.user_model import User
from accounts.user_model import fields as user_fields

# How many people, and how many clients, a search matches by a part of their name.
MOST_MATCHES = 100
# A person is looked for by as many of the first words of a term.
MOST_WORDS = 6
# Among as many of the earliest events, the one with the smallest key is looked for.
MOST_OUT_OF_ORDER = 100
# How many of the newest changes in admin are searched, and how many a search finds.
MOST_READ = 10_000
MOST_ACTS = 500
ACTS_ON_PEOPLE = ("added user", "changed user", "deleted user")
# A part of a host, perhaps with a port.
HOST = re.compile(r"[\w.:-]{1,253}", re.ASCII)


def conditions_of(term: str, *, views_people: bool) -> list[Q]:
    """Return a condition for each kind of value that `term` may be. There is none if it matches nothing.

    `views_people` is as in `people_like`.
    """
    term = term.strip()
    # Reasons are those of refusals, which have an index.
    found = [Q(client_id=term), ~Q(outcome=Event.Outcome.OK) & Q(reason=term)]
    if pks := people_ids_like(term, views_people=views_people):
        found.append(Q(user_id__in=pks))
    if client_ids := client_ids_like(term):
        found.append(Q(client_id__in=client_ids))
    if is_address(term):
        found.append(Q(address=term))
    return found


def people_like(term: str, *, views_people: bool) -> QuerySet[User]:
    """Return the people whose names contain each word of `term`, in any order.

    Beside usernames, which events show, first and last names and email addresses are searched for an operator who
    `views_people`: what a search finds would tell others of them.
    """
    found = User._default_manager.all()
    for word in term.split()[:MOST_WORDS]:
        named = Q(**{f"{user_fields.USERNAME}__icontains": word})
        for column in user_fields.PRIVATE if views_people else ():
            named |= Q(**_contains(column, word))
        found = found.filter(named)
    return found if term.strip() else found.none()


def _contains(column: str, word: str) -> dict[str, str]:
    if column == user_fields.EMAIL and has_own_model():
        # Addresses are stored in lower case, and databases disagree about other letters.
        return {f"{column}__contains": stored(word)}
    return {f"{column}__icontains": word}


def people_ids_like(term: str, *, views_people: bool) -> list[Any]:
    """Return the primary keys of at most MOST_MATCHES people that `people_like` finds."""
    return list(people_like(term, views_people=views_people).values_list("pk", flat=True)[:MOST_MATCHES])


def client_ids_like(term: str) -> list[str]:
    """Return the `client_id`s of at most MOST_MATCHES clients with `term` in their name, client_id or a host.

    Other parts of redirect URIs are not searched, because many clients share them.
    """
    named = Q(name__icontains=term) | Q(client_id__icontains=term)
    if HOST.fullmatch(term):
        named |= Q(redirect_uris__iregex=rf"://[^/ ]*{re.escape(term)}")
    return list(Client.objects.filter(named).values_list("client_id", flat=True)[:MOST_MATCHES])


def acts_on(person: User) -> list[int]:
    """Return the primary keys of the newest events in which an operator changed `person`.

    Such an event names the operator as its person, and the changed one in its detail (accounts/admin_base/audited.py).
    """
    name = str(person.get_username())
    acts = Event.objects.filter(kind=Event.Kind.ADMIN, action__in=ACTS_ON_PEOPLE)
    return list(_newest(acts.filter(Q(detail=name) | Q(detail__startswith=f"{name}: "))))


def acts_with(term: str) -> list[int]:
    """Return the primary keys of the newest events of changes in admin with `term` in their detail."""
    newest = Event.objects.filter(kind=Event.Kind.ADMIN).order_by("-pk").values("pk")[:MOST_READ]
    return list(_newest(Event.objects.filter(pk__in=newest, detail__icontains=term)))


def _newest(events: QuerySet[Event]) -> QuerySet[Event, int]:
    return events.order_by("-pk").values_list("pk", flat=True)[:MOST_ACTS]


def is_address(term: str) -> bool:
    try:
        return bool(ip_address(term))
    except ValueError:
        return False


def first_since(moment: datetime) -> int | None:
    """Return the smallest primary key of the events from `moment` on; None if there are none.

    Events that waited to be written (accounts/audit/deferred.py) have a higher key than some later ones.
    """
    earliest = Event.objects.filter(at__gte=moment).order_by("at").values_list("pk", flat=True)[:MOST_OUT_OF_ORDER]
    return min(earliest, default=None)
