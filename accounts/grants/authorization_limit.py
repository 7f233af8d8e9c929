"""The largest number of live authorizations of a person with one client, and which of them end beyond it."""

from datetime import UTC, datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import AccessToken, Authorization, AuthorizationQuerySet, Client, Event, RefreshToken, User
from accounts.revocation.authorizations import revoke

# Live authorizations of a person with one client. A client that connects anew for each of its sessions has few in use.
MOST_LIVE = 200
# Ended with one approval: a version without that bound may have left more.
MOST_ENDED_AT_ONCE = 100
# What shows that an authorization is in use, and how many of a person's last events are looked at for it.
USES = (Event.Kind.MCP, Event.Kind.TOKEN)
EVENTS_LOOKED_AT = 1000


def end_least_used(user: User, client: Client) -> None:
    """End live authorizations of `user` with `client` beyond MOST_LIVE. Not to be called in a transaction.

    First those that were never redeemed, the oldest of them first, then those that were not used for longest. Anybody
    can make a browser ask for many, where the consent is remembered: the one in use must not end of it. The newest
    stays, as its code is on the way.

    In a transaction of its own, as `grant_code` locks an authorization before the consent, and would wait for itself.
    """
    live = Authorization.objects.live().filter(consent__user=user, consent__client=client)
    beyond = min(live.count() - MOST_LIVE, MOST_ENDED_AT_ONCE)
    if beyond > 0:
        ended = _least_used(user, live)[:beyond]
        revoke(Authorization.objects.filter(pk__in=ended), reason="too_many")


def _least_used(user: User, live: AuthorizationQuerySet) -> list[int]:
    """The ids of `live`, without the newest, in the order in which they can end."""
    issued_at = Coalesce(_last_issued(RefreshToken), _last_issued(AccessToken))
    rows = live.annotate(issued_at=issued_at).order_by("pk").values_list("pk", "issued_at")
    used, never = _lately_used(user), datetime.min.replace(tzinfo=UTC)
    order = {pk: max(issued_at or never, used.get(pk, never)) for pk, issued_at in list(rows)[:-1]}
    return sorted(order, key=lambda pk: (order[pk], pk))


def _last_issued(model: type[RefreshToken | AccessToken]) -> Subquery:
    tokens = model._default_manager.filter(authorization=OuterRef("pk"))
    return Subquery(tokens.order_by("-created").values("created")[:1])


def _lately_used(user: User) -> dict[int, datetime]:
    """When each of the authorizations in the last events of `user` was used last."""
    last = Event.objects.filter(user_id=user.pk).order_by("-pk")[:EVENTS_LOOKED_AT]
    rows = last.values_list("authorization_id", "at", "kind", "outcome")
    used = [(pk, at) for pk, at, kind, outcome in rows if pk and kind in USES and outcome == Event.Outcome.OK]
    return dict(reversed(used))
