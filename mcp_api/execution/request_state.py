"""State of a call that waits for an answer: encrypted, sent to the client, and verified when it returns.

Spec (basic/patterns/mrtr): "servers MUST treat requestState as an attacker-controlled input". The state is encrypted
and authenticated with a key derived from SECRET_KEY (or one of SECRET_KEY_FALLBACKS), bound to the person, the client
and the request, and it expires.
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
from accounts.user_model.fields import as_json
from mcp_api.calls.call import Call
from mcp_api.calls.channel import InputResponse, State
from mcp_api.errors import McpError
from mcp_api.input_requests.questions import InputRequest
from mcp_api.models import SpentState
from mcp_api.protocol.messages import Request
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool

# The time that a person has to answer.
LASTS_SECONDS = 3600
PURPOSE = "mcp_api.asking.request_state"
WITHOUT_STATE = (
    "inputResponses came without the requestState that this server sends with its questions: call again without both."
)
# Parameters that differ between the attempts of a call.
CARRIED = {"_meta", "inputResponses", "requestState"}


def input_required(call: Call, questions: dict[str, InputRequest[Any]]) -> dict[str, Any]:
    """Return the result that asks `questions`, with the state for the next attempt of `call`."""
    before = call.state
    state = State(
        chain=before.chain if before else secrets.token_hex(16),
        expires=before.expires if before else time.time() + LASTS_SECONDS,
        asked={key: question.digest for key, question in questions.items()},
        answers={key: (response.digest, response.answer) for key, response in call.channel.answers.items()},
    )
    return {
        "resultType": "input_required",
        "inputRequests": {key: question.as_request() for key, question in questions.items()},
        "requestState": seal(state, call.request, call.principal),
    }


def answers_in(request: Request, state: State | None) -> dict[str, InputResponse]:
    """Return the answers of this attempt and of those before it, by key.

    An answer to a question that is not in `state` is ignored (spec, basic/patterns/mrtr, Error Handling: "the server
    SHOULD ignore any information it does not recognize").

    Raises McpError unless they are an object of objects, and for answers without a state to a tool that may write.
    """
    sent = request.params.get("inputResponses")
    sent = {} if sent is None else sent
    if not isinstance(sent, dict) or not all(isinstance(answer, dict) for answer in sent.values()):
        raise McpError(INVALID_PARAMS, "inputResponses is an object of objects.")
    if state is None:
        return _without_state(request, sent)
    responses = {key: InputResponse(answer, digest) for key, (digest, answer) in state.answers.items()}
    responses.update({key: InputResponse(sent[key], digest) for key, digest in state.asked.items() if key in sent})
    return responses


def _without_state(request: Request, answers: dict[str, Any]) -> dict[str, InputResponse]:
    """Return the answers of a client that sends no state, so that their questions are not known.

    The conformance tests of the specification expect such answers to count (input-required-result-ignore-extra-params).
    They count unless the tool may write: an answer that a client sends without a question must not confirm a change.
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
    """Return the state in `request`, or None if there is none. Raises McpError for an invalid one."""
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
    """Return `sealed` in ASCII. Raises ValueError unless it is canonical Base64: Fernet ignores appended characters."""
    encoded = sealed.encode("ascii")
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(encoded)) != encoded:
        raise ValueError("This is not canonical Base64.")
    return encoded


def use_once(state: State) -> None:
    """Mark `state` as used, in the transaction of the call. Raises McpError if it was used before.

    If the call ends with an error, this is rolled back, and the client may try again.
    """
    try:
        SpentState.objects.create(chain=state.chain, expires_at=datetime.fromtimestamp(state.expires, UTC))
    except IntegrityError as error:
        raise McpError(INVALID_PARAMS, "requestState was used already: call again without it.") from error


def allow_again(state: State) -> None:
    """Mark `state` as unused, after a failed attempt that ran in no transaction."""
    SpentState.objects.filter(chain=state.chain).delete()


@contextmanager
def used_once(state: State | None) -> Iterator[None]:
    """Mark the state of a call that runs in no transaction as used, unless the block fails."""
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
    """Return the used states that have expired, for the `prune` command.

    Calls do not delete them: each would wait for the transaction of another that does.
    """
    return SpentState.objects.filter(expires_at__lt=timezone.now())


def _whose(request: Request, principal: Principal) -> str:
    """Return a digest of person, client, endpoint and request, without the parameters that differ between attempts."""
    params = {name: value for name, value in request.params.items() if name not in CARRIED}
    whole: list[Any] = [as_json(principal.user.pk), principal.client.pk, request.method, params]
    if principal.endpoint:
        whole.append(principal.endpoint)
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
