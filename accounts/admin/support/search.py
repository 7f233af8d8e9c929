"""Search of people and apps on the page *Support*."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.clients.identity.apps import App, identify_all
from accounts.diagnosis.search import people_like
from accounts.models import Client
from accounts.user_model import User
from accounts.user_model import fields as user_fields

# How many people, and how many apps, a search names.
MOST_FOUND = 10


@dataclass(frozen=True, slots=True)
class Found:
    """The people and the apps that match a search, at most MOST_FOUND of each."""

    people: Sequence[User] = ()
    apps: Sequence[App] = ()
    has_more: bool = False

    @property
    def only(self) -> User | Client | None:
        """The only one that matches."""
        rows: list[User | Client] = [*self.people, *(app.client for app in self.apps)]
        return rows[0] if len(rows) == 1 else None


def find(term: str, *, people: bool, apps: bool) -> Found:
    """Return the people and the apps that match `term`, each only if the operator may view them."""
    named = people_like(term, views_people=True).order_by(user_fields.USERNAME)
    users = list(named[: MOST_FOUND + 1]) if people else []
    known = Q(name__icontains=term) | Q(client_id__icontains=term) | Q(redirect_uris__icontains=term)
    clients = list(Client.objects.filter(known).order_by("-pk")[: MOST_FOUND + 1]) if apps else []
    identified = identify_all(clients[:MOST_FOUND])
    return Found(
        people=users[:MOST_FOUND],
        apps=[identified[client.client_id] for client in clients[:MOST_FOUND]],
        has_more=len(users) > MOST_FOUND or len(clients) > MOST_FOUND,
    )
