"""The limit of live authorizations of a person with one client: beyond it, the least used are revoked."""

from datetime import UTC, datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import AccessToken, Authorization, AuthorizationQuerySet, Client, Event, RefreshToken
from accounts.revocation.authorizations import revoke
from accounts.user_model import User

# Live authorizations of a person with one client. A client that authorizes again for each session uses only a few.
MOST_LIVE = 200
# Revoked after one approval: earlier versions had no limit, so there may be many more.
MOST_REVOKED_AT_ONCE = 100
# The events that show the use of an authorization, and the number of a person's last events that are searched.
USES = (Event.Kind.MCP, Event.Kind.TOKEN)
EVENTS_LOOKED_AT = 1000


def revoke_least_used(user: User, client: Client) -> None:
    """Revoke live authorizations of `user` with `client` beyond MOST_LIVE. Must not be called inside a transaction.

    Those that were never redeemed are revoked first, oldest first, then the least recently used. Where a consent is
    remembered, any web page can make a browser request many: that must not revoke the one in use. The newest is kept,
    because its code has just been issued.

    This has a transaction of its own, because `grant_code` locks an authorization before the consent, so that the two
    could deadlock.
    """
    # Without exchanged ones, which are few for each of the others, and end with it.
    own = Authorization.objects.filter(consent__user=user, consent__client=client, exchanged_from=None)
    live = own.live()
    beyond = min(live.count() - MOST_LIVE, MOST_REVOKED_AT_ONCE)
    if beyond > 0:
        least_used = _least_used(user, live)[:beyond]
        revoke(Authorization.objects.filter(pk__in=least_used), reason="too_many")


def _least_used(user: User, live: AuthorizationQuerySet) -> list[int]:
    """Return the ids of `live`, without the newest, in the order in which they are revoked."""
    issued_at = Coalesce(_last_issued(RefreshToken), _last_issued(AccessToken))
    rows = live.annotate(issued_at=issued_at).order_by("pk").values_list("pk", "issued_at")
    used, never = _recently_used(user), datetime.min.replace(tzinfo=UTC)
    order = {pk: max(issued_at or never, used.get(pk, never)) for pk, issued_at in list(rows)[:-1]}
    return sorted(order, key=lambda pk: (order[pk], pk))


def _last_issued(model: type[RefreshToken | AccessToken]) -> Subquery:
    tokens = model._default_manager.filter(authorization=OuterRef("pk"))
    return Subquery(tokens.order_by("-created").values("created")[:1])


def _recently_used(user: User) -> dict[int, datetime]:
    """Return the time of the last use of each authorization in the last events of `user`."""
    last = Event.objects.filter(user_id=user.pk).order_by("-pk")[:EVENTS_LOOKED_AT]
    rows = last.values_list("authorization_id", "at", "kind", "outcome")
    used = [(pk, at) for pk, at, kind, outcome in rows if pk and kind in USES and outcome == Event.Outcome.OK]
    return dict(reversed(used))
