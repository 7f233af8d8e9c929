"""The call of a task: what its row keeps of it, encrypted, and the call that is made of that for a later run."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from mcp_types import CLIENT_CAPABILITIES_META_KEY

from accounts.audit import events
from accounts.crypto.sealing import cipher
from accounts.models import Authorization, Event
from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.calls.channel import ClientChannel, InputResponse
from mcp_api.models import Task
from mcp_api.policy import rules as policy
from mcp_api.protocol.messages import Request

PURPOSE = "mcp_api.extensions.tasks"


class Unreadable(Exception):
    """A value was encrypted with a SECRET_KEY that this server does not have any more."""

    def __init__(self) -> None:
        super().__init__("The server's key has changed: this task cannot be read any more. Call the tool again.")


def seal(value: dict[str, Any]) -> str:
    """Return the JSON object `value`, encrypted."""
    return cipher(PURPOSE).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return the object that `seal` encrypted; an empty one for "". Raises Unreadable."""
    try:
        return dict(json.loads(cipher(PURPOSE).decrypt(sealed.encode()))) if sealed else {}
    except InvalidToken as error:
        raise Unreadable from error


# Parameters that only the first attempt had.
OF_ATTEMPT = ("inputResponses", "requestState")


def request_of(call: Call) -> dict[str, Any]:
    """Return what the row keeps of `call`: the request, and the answers so far."""
    request = call.request
    return {
        "params": {name: value for name, value in request.params.items() if name not in OF_ATTEMPT},
        "version": request.version,
        "language": call.language,
        "answers": {key: [each.digest, each.answer, each.error] for key, each in call.channel.answers.items()},
    }


def record_end(task: Task, reason: str) -> None:
    """Write the event of a call whose task ended outside a run, which has none of its own: lost, or cancelled."""
    events.record(
        Event.Kind.MCP,
        outcome=Event.Outcome.FAILED,
        action=f"tools/call {task.tool}",
        reason=reason,
        detail=f"Task {task.pk}",
        user=task.user,
        client=task.client,
        authorization_id=task.authorization_id,
        token_id=task.token_id,
        actors=task.authorization.actors,
        endpoint=task.endpoint,
        address=task.address,
    )


def call_of(task: Task) -> Call | None:
    """Return the call for a run of `task`, with its person, permissions and policy as they are now.

    None if the authorization, its person or its client is not active any more.
    """
    principal = principal_of(task)
    if principal is None:
        return None
    kept = unseal(task.request)
    params = kept["params"]
    meta = params["_meta"]
    # header_disagrees: there are no headers to compare with the body.
    request = Request(1, "tools/call", params, kept["version"], meta, header_disagrees=True)
    channel = ClientChannel(capabilities=meta[CLIENT_CAPABILITIES_META_KEY])
    channel.answers = {
        key: InputResponse(answer, digest, error) for key, (digest, answer, error) in kept["answers"].items()
    }
    return Call(request, principal, task.address, channel, language=kept["language"])


def principal_of(task: Task) -> Principal | None:
    """Return the principal of `task`: with the scopes of its call that its authorization still has."""
    found = Authorization.objects.usable().select_related("consent__user", "consent__client")
    authorization = found.filter(pk=task.authorization_id).first()
    if authorization is None:
        return None
    scopes = frozenset(task.scope.split()) & frozenset(authorization.scope.split())
    return Principal(
        authorization.consent.user,
        authorization.consent.client,
        scopes,
        task.token_id,
        authorization.pk,
        policy.current_revision(),
        authorization.actors,
        task.endpoint,
    )
