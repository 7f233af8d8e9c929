"""State of a call that waits for an answer: sealed, carried by the client, and verified when it comes back.

Spec (basic/patterns/mrtr): "servers MUST treat requestState as an attacker-controlled input". It is
encrypted and authenticated under a key derived from SECRET_KEY (an older one opens it while it is among
SECRET_KEY_FALLBACKS), bound to the person, the client and the very request, and expires.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.crypto.sealing import cipher
from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.calls.channel import InputResponse, State
from mcp_api.errors import McpError
from mcp_api.input_requests.questions import InputRequest
from mcp_api.models import SpentState
from mcp_api.protocol.envelope import Request
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool

# How long somebody may take to answer.
LASTS_SECONDS = 3600
PURPOSE = "mcp_api.asking.request_state"
WITHOUT_STATE = (
    "inputResponses came without the requestState that this server sends with its questions: call again without both."
)
# Parameters that differ from one attempt to the next.
CARRIED = {"_meta", "inputResponses", "requestState"}


def input_required(call: Call, questions: dict[str, InputRequest[Any]]) -> dict[str, Any]:
    """The result that asks `questions`, and lets `call` go on once they are answered."""
    before = call.state
    state = State(
        chain=before.chain if before else secrets.token_hex(16),
        expires=before.expires if before else time.time() + LASTS_SECONDS,
        asked={key: question.digest for key, question in questions.items()},
        answers={key: (given.digest, given.answer) for key, given in call.channel.answers.items()},
    )
    return {
        "resultType": "input_required",
        "inputRequests": {key: question.as_request() for key, question in questions.items()},
        "requestState": seal(state, call.request, call.principal),
    }


def answers_in(request: Request, state: State | None) -> dict[str, InputResponse]:
    """The answers of this attempt and of those before it, by key. Others than to the questions that the state holds
    are ignored (spec, basic/patterns/mrtr, Error Handling: "the server SHOULD ignore any information it does not
    recognize").

    Raises McpError for what is not a map of answers, and for answers without a state to a tool that may write.
    """
    now = request.params.get("inputResponses")
    now = {} if now is None else now
    if not isinstance(now, dict) or not all(isinstance(answer, dict) for answer in now.values()):
        raise McpError(INVALID_PARAMS, "inputResponses is an object of objects.")
    if state is None:
        return _unasked(request, now)
    given = {key: InputResponse(answer, digest) for key, (digest, answer) in state.answers.items()}
    given.update({key: InputResponse(now[key], digest) for key, digest in state.asked.items() if key in now})
    return given


def _unasked(request: Request, answers: dict[str, Any]) -> dict[str, InputResponse]:
    """The answers of a client that sends no state, so that nobody knows what it was asked.

    The harness of the specification expects them to count (input-required-result-ignore-extra-params). They do where
    nothing is changed; what a client claims in advance must not confirm a change.
    """
    target = targets.find(request)
    if answers and isinstance(target, Tool) and not target.read_only:
        raise McpError(INVALID_PARAMS, WITHOUT_STATE)
    return {key: InputResponse(answer) for key, answer in answers.items()}


def seal(state: State, request: Request, principal: Principal) -> str:
    payload = {
        "for": _whose(request, principal),
        "chain": state.chain,
        "expires": state.expires,
        "asked": state.asked,
        "answers": state.answers,
    }
    return cipher(PURPOSE).encrypt(json.dumps(payload).encode()).decode()


def unseal(request: Request, principal: Principal) -> State | None:
    """The state that `request` carries, None where it carries none. Raises McpError for one that is not good here."""
    sealed = request.params.get("requestState")
    if sealed is None:
        return None
    if not isinstance(sealed, str):
        raise McpError(INVALID_PARAMS, "requestState is a string.")
    try:
        payload = json.loads(cipher(PURPOSE).decrypt(_exactly(sealed)))
    except (InvalidToken, ValueError) as error:
        raise McpError(INVALID_PARAMS, "requestState is not what this server sent: call again without it.") from error
    if payload["for"] != _whose(request, principal):
        raise McpError(INVALID_PARAMS, "requestState belongs to another request: call again without it.")
    if payload["expires"] < time.time():
        raise McpError(INVALID_PARAMS, "requestState has expired: call again without it.")
    answers = {key: (digest, answer) for key, (digest, answer) in payload["answers"].items()}
    return State(payload["chain"], payload["expires"], payload["asked"], answers)


def _exactly(sealed: str) -> bytes:
    """`sealed` as it was sent, to the last octet: Fernet would overlook what is appended. Raises ValueError."""
    encoded = sealed.encode("ascii")
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(encoded)) != encoded:
        raise ValueError("This is no Base64 of ours.")
    return encoded


def use_once(state: State) -> None:
    """Let the call that `state` began end only once. To be called in its transaction. Raises McpError the second time.

    What ends with an error is rolled back with this, and may be tried again.
    """
    try:
        SpentState.objects.create(chain=state.chain, expires_at=datetime.fromtimestamp(state.expires, UTC))
    except IntegrityError as error:
        raise McpError(INVALID_PARAMS, "requestState was used already: call again without it.") from error


def allow_again(state: State) -> None:
    """Let the call end all the same: what ended was an attempt that failed, in no transaction."""
    SpentState.objects.filter(chain=state.chain).delete()


@contextmanager
def used_once(state: State | None) -> Iterator[None]:
    """Spend the state of a call that runs in no transaction, unless it fails."""
    if state is None:
        yield
        return
    use_once(state)
    try:
        yield
    except BaseException:
        allow_again(state)
        raise


def expired() -> QuerySet[SpentState]:
    """Whatever comes with one of those is refused as too old. They are not deleted by calls, each of which would wait
    for the transaction of another that does.
    """
    return SpentState.objects.filter(expires_at__lt=timezone.now())


def _whose(request: Request, principal: Principal) -> str:
    """A digest of the person, the client and the request, all but what differs between attempts."""
    params = {name: value for name, value in request.params.items() if name not in CARRIED}
    whole = [principal.user.pk, principal.client.pk, request.method, params]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
