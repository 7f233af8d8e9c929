"""Responses and notifications of a legacy client, which the broker passes to the process of their call."""

from typing import Any

from accounts import rate_limits
from accounts.background import run_in_background
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.numbers import size
from accounts.resource_server.bearer import Principal
from mcp_api.models import Session
from mcp_api.protocol.encoding import encode
from mcp_api.protocol.messages import Notification, Response
from mcp_api.pubsub import broker
from mcp_api.streams import sessions

# Bytes of a completed form, or of an answer of the client's model.
LARGEST_ANSWER = 262_144
LONGEST_ID = 255
# The error that a tool gets in place of a larger answer.
TOO_LARGE = f"The answer is larger than {size(LARGEST_ANSWER)}."


def of(message: Notification | Response, session: Session, *, token_id: int) -> dict[str, Any] | None:
    """Return the message to post for `message`; None unless it answers a question of ours or cancels a call.

    `token_id` is the token that it came with: the call may go on only with what that token allows.
    """
    match message:
        case Response() if sessions.is_question_of(session, message.id):
            return {**answer(message), "token": token_id}
        case Notification(method="notifications/cancelled") if is_id(message.params.get("requestId")):
            return {"kind": "cancelled", "id": message.params["requestId"]}
    return None


def hit(principal: Principal) -> None:
    """Count one more message of this person. Raises RateLimitExceeded."""
    rate_limits.leases.hit(*rate_limits.quotas(mail_person=principal.user.pk))


def post(session: Session, body: dict[str, Any]) -> None:
    """Pass `body` to the process of its call. While SQLite's writer is busy, this is done after the response."""
    try:
        with brief_wait():
            broker.post_once(sessions.topic(session), **body)
    except WriterBusy:
        run_in_background(lambda: broker.post(sessions.topic(session), **body))


def answer(message: Response) -> dict[str, Any]:
    body = {"kind": "answer", "id": message.id, "answer": message.result, "error": message.error}
    if len(encode(body)) > LARGEST_ANSWER:
        return {**body, "answer": None, "error": TOO_LARGE}
    return body


def is_id(value: Any) -> bool:
    """Return whether `value` is a JSON-RPC id of a size that can be posted."""
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return isinstance(value, int | float) and len(str(value)) <= LONGEST_ID
