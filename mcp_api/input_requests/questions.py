"""Questions for a client: elicitation in form and URL mode, sampling, roots (spec: client/…)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from django.utils.functional import Promise
from mcp_types import (
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitResult,
    ListRootsResult,
    Root,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel, TypeAdapter

from accounts.http import web_address
from mcp_api.input_requests.forms import Form, form_of
from mcp_api.schemas.rows import as_json

Value = TypeVar("Value")
Data = TypeVar("Data")

Answer = dict[str, Any]
# An answer of a test, or of a person at the command line.
AnswerValue = dict[str, Any] | bool | None
CONFIRMATION = {
    "type": "object",
    "properties": {"confirmed": {"type": "boolean", "title": "Yes", "default": False}},
}
SAMPLED: TypeAdapter[CreateMessageResult | CreateMessageResultWithTools] = TypeAdapter(
    CreateMessageResult | CreateMessageResultWithTools
)


@dataclass(frozen=True, slots=True)
class InputRequest(Generic[Value]):
    """A request to the client. `read` returns the value of its answer, or raises ValueError for an invalid one."""

    method: str
    params: dict[str, Any]
    # The ClientCapabilities that the client must have declared.
    needs: dict[str, Any]
    read: Callable[[Answer], Value] = field(compare=False)

    @property
    def digest(self) -> str:
        """Digest that distinguishes this question from another one under the same key."""
        return hashlib.sha256(json.dumps([self.method, self.params], sort_keys=True).encode()).hexdigest()

    def encodable(self, name: str) -> "InputRequest[Value]":
        """Return it with JSON data alone. Raises UnfitResult if it has no JSON form; `name` is for the message."""
        return replace(self, params=as_json(self.params, name))

    def as_request(self) -> dict[str, Any]:
        return {"method": self.method, "params": self.params}


@dataclass(frozen=True, slots=True)
class Elicited(Generic[Data]):
    """A person's response to a form or an address. `data` is that of an accepted form, or None."""

    action: Literal["accept", "decline", "cancel"]
    data: Data
    # Whether they accepted a form of a single boolean without setting it.
    is_negative: bool = False

    @property
    def accepted(self) -> bool:
        """Return whether they sent the form or opened the address. An unset single boolean counts as a no."""
        return self.action == "accept" and not self.is_negative


class InputRequired(BaseException):
    """The call cannot go on before the client answers. It is not an Exception, so that tools do not catch it.

    If a tool does catch it, by a bare `except:`, the attempt ends with it afterwards (mcp_api/methods/runner.py).
    """

    def __init__(self, questions: dict[str, InputRequest[Any]]) -> None:
        super().__init__(", ".join(questions))
        self.questions = questions


def form(message: str, schema: type[BaseModel] | dict[str, Any]) -> InputRequest[Elicited[Any]]:
    """Return a form for the person to fill in, never for secrets. `schema` is a flat pydantic model or JSON Schema.

    Raises UnfitForm (mcp_api/input_requests/forms.py) for a schema that clients cannot show as a form.
    """
    wanted: Form = form_of(schema)

    def read(answer: Answer) -> Elicited[Any]:
        result = ElicitResult.model_validate(answer, by_name=False)
        if result.action != "accept":
            return Elicited(result.action, None)
        content = result.content or {}
        return Elicited(result.action, wanted.check(content), is_negative=wanted.is_negative(content))

    params = {"mode": "form", "message": str(message), "requestedSchema": wanted.schema}
    return InputRequest("elicitation/create", params, {"elicitation": {"form": {}}}, read)


def confirmation(message: str) -> InputRequest[bool]:
    """Return a yes-or-no question. Its value is True only if the person says yes, not if they decline or cancel."""
    asked = form(message, CONFIRMATION)
    return InputRequest(asked.method, asked.params, asked.needs, lambda answer: bool(asked.read(answer).accepted))


def visit(message: str, url: str) -> InputRequest[Elicited[None]]:
    """Return a request to open an address, for what must not pass through the client.

    If the person accepts, they opened it; check whether they completed what they do there before you go on.
    Raises ValueError unless `url` is a web address that all browsers interpret alike.
    """
    if not web_address.parse(url).is_web:
        raise ValueError(f"{url[:200]!r} is not a web address: send people to https, or to http on loopback.")
    # Legacy revisions require an id, which must be the same in each attempt.
    elicitation_id = hashlib.sha256(url.encode()).hexdigest()[:32]
    params = {"mode": "url", "message": str(message), "url": url, "elicitationId": elicitation_id}

    def read(answer: Answer) -> Elicited[None]:
        return Elicited(ElicitResult.model_validate(answer, by_name=False).action, None)

    return InputRequest("elicitation/create", params, {"elicitation": {"url": {}}}, read)


def sampling(
    messages: str | list[SamplingMessage], *, max_tokens: int, **options: Any
) -> InputRequest[CreateMessageResult | CreateMessageResultWithTools]:
    """Return a request to the client's model. `options` are further fields of CreateMessageRequestParams."""
    if isinstance(messages, str | Promise):
        messages = [SamplingMessage(role="user", content=TextContent(type="text", text=str(messages)))]
    params = CreateMessageRequestParams(messages=messages, max_tokens=max_tokens, **options)
    needs: dict[str, Any] = {"sampling": {"tools": {}}} if params.tools or params.tool_choice else {"sampling": {}}
    wire = params.model_dump(mode="json", by_alias=True, exclude_none=True)
    return InputRequest("sampling/createMessage", wire, needs, SAMPLED.validate_python)


def roots() -> InputRequest[list[Root]]:
    """Return a request for the folders that the client works in."""
    return InputRequest("roots/list", {}, {"roots": {}}, lambda answer: ListRootsResult.model_validate(answer).roots)


def answered(request: dict[str, Any], given: AnswerValue) -> Answer:
    """Return the answer of a client to the elicitation `request` if the person fills in `given`.

    A boolean is for a form of a single boolean; None declines.
    """
    if given is None:
        return {"action": "decline"}
    if isinstance(given, bool):
        given = dict.fromkeys(request["params"].get("requestedSchema", {}).get("properties", {}), given)
    return {"action": "accept", "content": given}


def lacking(capabilities: dict[str, Any], questions: dict[str, InputRequest[Any]]) -> dict[str, Any]:
    """Return the capabilities that `questions` need and the client did not declare, as a ClientCapabilities object."""
    missing: dict[str, Any] = {}
    for question in questions.values():
        for name, parts in question.needs.items():
            if not declares(capabilities, name, parts):
                missing.setdefault(name, {}).update(parts)
    return missing


def declares(capabilities: dict[str, Any], name: str, parts: dict[str, Any]) -> bool:
    declared = capabilities.get(name)
    if not isinstance(declared, dict):
        return False
    if name == "elicitation" and not declared.keys() & {"form", "url"}:
        # "an empty capabilities object is equivalent to declaring support for form mode only"
        declared = {"form": {}}
    return parts.keys() <= declared.keys()
