"""Legacy sessions: begun by `initialize`, known by their id's checksum, alive until they are ended.

They are rows, so they outlive a deploy; whoever deletes one, or presents another person's or
client's, is told 404 (2025-11-25, basic/transports, Session Management).
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.bearer import Principal
from accounts.tokens import checksum, random_token
from mcp_api.input_limits import LONGEST_SESSION_ID
from mcp_api.models import Session
from mcp_api.streams import mailbox

HEADER = "Mcp-Session-Id"
# How exactly it is known when a session was last used, and when it counts as left behind.
USE_NOTED = timedelta(days=1)
UNUSED = timedelta(days=30)


class SessionGone(Exception):
    """The session that a request names is not there, any more, for this person and client."""


def begin(principal: Principal, params: dict[str, Any], version: str) -> str:
    """Begin the session that `initialize` with `params` asks for, and return its id."""
    session_id = random_token()
    Session.objects.create(
        checksum=checksum(session_id),
        user=principal.user,
        client=principal.client,
        version=version,
        capabilities=params["capabilities"],
    )
    return session_id


def find(request: HttpRequest, principal: Principal) -> Session | None:
    """The live session that `request` names; None where it names none. Raises SessionGone."""
    session_id = request.headers.get(HEADER)
    if not session_id:
        return None
    if len(session_id) > LONGEST_SESSION_ID:
        raise SessionGone
    mine = Session.objects.filter(user=principal.user, client=principal.client, ended_at=None)
    session = mine.filter(checksum=checksum(session_id)).first()
    if session is None or not note_use(session):
        raise SessionGone
    return session


def is_alive(session: Session) -> bool:
    """Whether it has not been ended since it was read."""
    return Session.objects.filter(pk=session.pk, ended_at=None).exists()


def note_use(session: Session) -> bool:
    """Write, once a day, that it is used. Returns False where it was deleted just now, because it had not been."""
    now = timezone.now()
    if session.last_used_at > now - USE_NOTED:
        return True
    return Session.objects.filter(pk=session.pk).update(last_used_at=now) == 1


def end(session: Session) -> None:
    """End it for good, with every stream of it."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())
    mailbox.post(topic(session), kind="ended")


def stream_topic(session: Session, stream_id: str) -> str:
    """Where the rest of a stream goes that its client lost; only the same session can name it."""
    return f"{topic(session)}:stream:{stream_id}"


def topic(session: Session) -> str:
    """Where mail for the session's streams and calls goes, whichever process holds them."""
    return f"session:{session.pk}"


def over() -> QuerySet[Session]:
    """Those that nobody asks for any more. Hardly a client ends its own; one that comes back later begins another."""
    now = timezone.now()
    return Session.objects.filter(Q(ended_at__lt=now - timedelta(days=1)) | Q(last_used_at__lt=now - UNUSED))
