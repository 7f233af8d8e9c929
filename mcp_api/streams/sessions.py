"""Legacy sessions, which `initialize` begins. They are rows, found by the checksum of their id, and outlive a deploy.

A request that names an ended session, or one of another person, client or endpoint, is answered with 404 (2025-11-25,
basic/transports, Session Management).
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
# How often the use of a session is written, and after which time without use it is deleted.
USE_NOTED = timedelta(days=1)
UNUSED = timedelta(days=30)
# Of one person and client: few clients end their sessions, and some begin one for each conversation.
MOST_SESSIONS = 200
# The capabilities that are stored, and how many parts of each: questions need no others
# (mcp_api/input_requests/questions.py).
CAPABILITIES = ("elicitation", "experimental", "extensions", "roots", "sampling", "tasks")
MOST_PARTS = 16
LONGEST_PART = 128
QUESTION_PURPOSE = "mcp_api.streams.sessions.question"
# The columns of a session that are read with its token.
FIELDS = (
    "id",
    "checksum",
    "version",
    "capabilities",
    "log_level",
    "subscriptions",
    "endpoint",
    "created_at",
    "last_used_at",
)


def begin(principal: Principal, params: dict[str, Any], version: str) -> str:
    """Begin the session that `initialize` with `params` asks for, and return its id."""
    session_id = random_token()
    Session.objects.create(
        checksum=checksum(session_id),
        user=principal.user,
        client=principal.client,
        version=version,
        capabilities=kept_capabilities(params["capabilities"]),
        endpoint=principal.endpoint,
    )
    forget_oldest(principal)
    return session_id


def kept_capabilities(declared: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the known capabilities that a client declared, with the names of their parts."""
    known = {name: declared[name] for name in CAPABILITIES if isinstance(declared.get(name), dict)}
    return {name: {part: {} for part in _names(parts)} for name, parts in known.items()}


def _names(parts: dict[str, Any]) -> list[str]:
    return [part for part, value in parts.items() if value is not False and len(part) <= LONGEST_PART][:MOST_PARTS]


def forget_oldest(principal: Principal) -> None:
    """Delete the sessions of this person and client beyond MOST_SESSIONS, the longest unused first."""
    mine = Session.objects.filter(user=principal.user, client=principal.client)
    kept = mine.order_by("-last_used_at", "-pk").values_list("pk", flat=True)
    beyond = list(kept[MOST_SESSIONS : 2 * MOST_SESSIONS])
    if beyond:
        Session.objects.filter(pk__in=beyond).delete()


def new_question_id(session: Session) -> str:
    """Return an id for a question to the client of `session`, which `is_question_of` recognizes in every process."""
    number = random_token()[:16]
    return f"{number}.{_signature(session, number)}"


def is_question_of(session: Session, question_id: Any) -> bool:
    """Return whether this server has ever asked the client of `session` a question with this id."""
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


def of_token(token: AccessToken, endpoint: str) -> Session | None:
    """Return the session that was read with `token` (`joined`), if there is one and it belongs to `endpoint`."""
    values = {name: getattr(token, f"session_{name}", None) for name in FIELDS}
    if values["checksum"] is None or values["endpoint"] != endpoint:
        return None
    return Session(user=token.user, client=token.application, **values)


def is_possible(session_id: str) -> bool:
    """Return whether a session can have this id."""
    return len(session_id) <= LONGEST_SESSION_ID


def is_alive(session: Session) -> bool:
    """Return whether the session has not ended since it was read."""
    return Session.objects.filter(pk=session.pk, ended_at=None).exists()


def note_use(session: Session) -> bool:
    """Write, once a day, that the session is used. Returns False if it was just deleted for lack of use."""
    if not needs_note(session):
        return True
    return Session.objects.filter(pk=session.pk).update(last_used_at=timezone.now()) == 1


def needs_note(session: Session) -> bool:
    """Return whether its use was written more than a day ago."""
    return session.last_used_at <= timezone.now() - USE_NOTED


def end(session: Session) -> None:
    """End the session, its streams and its calls."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())
    broker.post(topic(session), kind="ended")


def stream_topic(session: Session, stream_id: str) -> str:
    """Return the topic for the rest of a call's stream. Only the same session can name it."""
    return f"{topic(session)}{broker.STREAM}{stream_id}"


def topic(session: Session) -> str:
    """Return the topic for messages to the session's streams and calls, in any process."""
    return f"{broker.SESSION}{session.pk}"


bearer.session_join = joined


def over() -> QuerySet[Session]:
    """Return the sessions to delete: those that ended a day ago, and those that are unused for long."""
    now = timezone.now()
    return Session.objects.filter(Q(ended_at__lt=now - timedelta(days=1)) | Q(last_used_at__lt=now - UNUSED))
