"""Legacy sessions: begun by `initialize`, known by their id's checksum, alive until they are ended.

They are rows, so they outlive a deploy; whoever deletes one, or presents another person's or
client's, is told 404 (2025-11-25, basic/transports, Session Management).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.crypto.token_values import checksum, random_token
from accounts.models import AccessToken
from accounts.resource_server import bearer
from accounts.resource_server.bearer import Principal
from mcp_api.models import Session
from mcp_api.protocol.input_limits import LONGEST_SESSION_ID
from mcp_api.pubsub import broker

HEADER = "Mcp-Session-Id"
# How exactly it is known when a session was last used, and when it counts as left behind.
USE_NOTED = timedelta(days=1)
UNUSED = timedelta(days=30)
# Of one person by one client: hardly a client ends its own, and some begin one for each conversation.
MOST_SESSIONS = 200
# What questions are asked about (mcp_api/input_requests/questions.py), and a few parts of each.
CAPABILITIES = ("elicitation", "experimental", "extensions", "roots", "sampling", "tasks")
MOST_PARTS = 16
LONGEST_PART = 128
QUESTION_PURPOSE = "mcp_api.streams.sessions.question"
# What is read of a session with the token that comes with it.
FIELDS = ("id", "checksum", "version", "capabilities", "log_level", "subscriptions", "created_at", "last_used_at")


def begin(principal: Principal, params: dict[str, Any], version: str) -> str:
    """Begin the session that `initialize` with `params` asks for, and return its id."""
    session_id = random_token()
    Session.objects.create(
        checksum=checksum(session_id),
        user=principal.user,
        client=principal.client,
        version=version,
        capabilities=kept_capabilities(params["capabilities"]),
    )
    forget_oldest(principal)
    return session_id


def kept_capabilities(declared: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Which of the known capabilities a client declared, with the names of their parts: no question needs more."""
    known = {name: declared[name] for name in CAPABILITIES if isinstance(declared.get(name), dict)}
    return {name: {part: {} for part in _names(parts)} for name, parts in known.items()}


def _names(parts: dict[str, Any]) -> list[str]:
    return [part for part, value in parts.items() if value is not False and len(part) <= LONGEST_PART][:MOST_PARTS]


def forget_oldest(principal: Principal) -> None:
    """Delete the sessions of this person and client beyond the most, the longest unused first."""
    mine = Session.objects.filter(user=principal.user, client=principal.client)
    kept = mine.order_by("-last_used_at", "-pk").values_list("pk", flat=True)
    beyond = list(kept[MOST_SESSIONS : 2 * MOST_SESSIONS])
    if beyond:
        Session.objects.filter(pk__in=beyond).delete()


def new_question_id(session: Session) -> str:
    """An id for a question to the client of `session`, which `is_question_of` knows in every process."""
    number = random_token()[:16]
    return f"{number}.{_signature(session, number)}"


def is_question_of(session: Session, question_id: Any) -> bool:
    """Whether a question with this id was put to the client of `session`, at any time."""
    number, _, signature = question_id.partition(".") if isinstance(question_id, str) else ("", "", "")
    return constant_time_compare(signature, _signature(session, number))


def _signature(session: Session, number: str) -> str:
    return salted_hmac(QUESTION_PURPOSE, f"{session.pk} {number}", algorithm="sha256").hexdigest()[:32]


def joined(tokens: QuerySet[AccessToken], checksums: Sequence[str]) -> QuerySet[AccessToken]:
    """Return `tokens`, each with the live session of its own person and client that has one of these `checksums`."""
    of_this_client = Q(user__mcp_sessions__client=F("application"), user__mcp_sessions__ended_at=None)
    condition = of_this_client & Q(user__mcp_sessions__checksum__in=checksums)
    fields = {f"session_{name}": F(f"named_session__{name}") for name in FIELDS}
    return tokens.annotate(named_session=FilteredRelation("user__mcp_sessions", condition=condition), **fields)


def of_token(token: AccessToken) -> Session | None:
    """Return the session that was read with `token` (`joined`), if there is one."""
    values = {name: getattr(token, f"session_{name}", None) for name in FIELDS}
    if values["checksum"] is None:
        return None
    return Session(user=token.user, client=token.application, **values)


def is_possible(session_id: str) -> bool:
    """Return whether it is worth looking for."""
    return len(session_id) <= LONGEST_SESSION_ID


def is_alive(session: Session) -> bool:
    """Whether it has not been ended since it was read."""
    return Session.objects.filter(pk=session.pk, ended_at=None).exists()


def note_use(session: Session) -> bool:
    """Write, once a day, that it is used. Returns False where it was deleted just now, because it had not been."""
    if not needs_note(session):
        return True
    return Session.objects.filter(pk=session.pk).update(last_used_at=timezone.now()) == 1


def needs_note(session: Session) -> bool:
    """Return whether its use has not been noted for a day."""
    return session.last_used_at <= timezone.now() - USE_NOTED


def end(session: Session) -> None:
    """End it for good, with every stream of it."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())
    broker.post(topic(session), kind="ended")


def stream_topic(session: Session, stream_id: str) -> str:
    """Where the rest of a stream goes that its client lost; only the same session can name it."""
    return f"{topic(session)}{broker.STREAM}{stream_id}"


def topic(session: Session) -> str:
    """Where mail for the session's streams and calls goes, whichever process holds them."""
    return f"{broker.SESSION}{session.pk}"


bearer.session_join = joined


def over() -> QuerySet[Session]:
    """Those that nobody asks for any more. Hardly a client ends its own; one that comes back later begins another."""
    now = timezone.now()
    return Session.objects.filter(Q(ended_at__lt=now - timedelta(days=1)) | Q(last_used_at__lt=now - UNUSED))
