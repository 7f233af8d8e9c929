"""Registry of the extensions of this server, and all that they contribute together."""

from typing import Any

from django.utils.module_loading import import_string
from mcp_types.methods import SPEC_CLIENT_METHODS
from pydantic import BaseModel, ValidationError

from mcp_api.calls.call import Call
from mcp_api.calls.incoming import Incoming
from mcp_api.conf import conf
from mcp_api.extensions.extension import Extension, Handler, Method, Params
from mcp_api.protocol.headers import NAMED_BY
from mcp_api.protocol.messages import Request
from mcp_api.registry.tools import Tool
from mcp_api.schemas.validation_messages import invalid_params

# By their identifiers, in the order of the setting EXTENSIONS.
extensions: dict[str, Extension] = {}
# The methods that they add, each with its extension.
methods: dict[str, tuple[Extension, Method]] = {}
# The results that they add to `tools/call` and other methods, by `resultType`.
result_types: dict[str, type[BaseModel]] = {}


# What is wrong with the setting EXTENSIONS, for the system check.
problems: list[str] = []


def load() -> None:
    """Register the extensions of the setting EXTENSIONS. One that cannot be is left out, and is a problem."""
    for path in conf.EXTENSIONS:
        try:
            register(import_string(path)())
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            problems.append(f"{path}: {error}")


def register(extension: Extension) -> None:
    """Add `extension`. Raises ValueError if its identifier, a method or a result type is taken already."""
    taken = [name for name in extension.methods if name in methods or name in SPEC_CLIENT_METHODS]
    taken += [name for name in extension.result_types if name in result_types]
    if extension.identifier in extensions or taken:
        raise ValueError(f"{extension.identifier}: this server has {', '.join(taken) or 'this extension'} already.")
    extensions[extension.identifier] = extension
    result_types.update(extension.result_types)
    for name, method in extension.methods.items():
        methods[name] = extension, method
        if method.named_by:
            NAMED_BY[name] = method.named_by
    extension.ready()


def capabilities() -> dict[str, Any]:
    """Return the member `extensions` of the server's capabilities, or nothing if there are none."""
    offered = {name: each.settings() for name, each in extensions.items()}
    offered = {name: settings for name, settings in offered.items() if settings is not None}
    return {"extensions": offered} if offered else {}


# --- Methods -----------------------------------------------------------------------------------


def handler_of(request: Request) -> Handler | None:
    """Return the handler of a method that an extension adds to the request's revision; None if there is none.

    The handler raises McpError for invalid parameters, and MissingCapability if the client has to declare the extension
    and does not.
    """
    if request.method not in methods or not (request.is_modern or methods[request.method][1].in_legacy):
        return None
    extension, method = methods[request.method]

    def handle(call: Call) -> dict[str, Any]:
        if method.needs_declaration:
            extension.require_declared(call)
        try:
            method.params.model_validate(call.request.params)
        except ValidationError as error:
            raise invalid_params(error) from error
        return method.handler(call)

    return handle


def is_recorded(request: Request) -> bool:
    """Return whether the audit log has an event of each successful request of this method."""
    return request.method not in methods or methods[request.method][1].is_recorded


def serialize(request: Request, result: dict[str, Any]) -> dict[str, Any] | None:
    """Return a result of a type or a method that an extension adds, on the wire; None if it is neither."""
    model = result_types.get(result.get("resultType", ""))
    if model is None and request.method in methods:
        model = methods[request.method][1].result
    if model is None:
        return None
    return model.model_validate(result, by_name=False).model_dump(mode="json", by_alias=True, exclude_none=True)


# --- Lists of tools ----------------------------------------------------------------------------


def lists(call: Call, tool: Tool) -> bool:
    """Return whether `tools/list` names `tool` to this client."""
    return all(each.lists(call, tool) for each in extensions.values())


def tool_meta(tool: Tool) -> dict[str, Any]:
    """Return what the extensions add to the `_meta` of `tool` in lists."""
    return {name: value for each in extensions.values() for name, value in each.tool_meta(tool).items()}


# --- Calls of tools ----------------------------------------------------------------------------


def handler_in_place(call: Call) -> Handler | None:
    """Return the handler by which an extension runs this `tools/call`; None if none does."""
    for each in extensions.values():
        if each.runs_calls and (handler := each.handler_of(call)) is not None:
            return handler
    return None


def exchange_of(incoming: Incoming, call: Call) -> Any | None:
    """Return the exchange by which an extension runs this `tools/call`; None if none does."""
    for each in extensions.values():
        if each.runs_calls and (exchange := each.exchange_of(incoming, call)) is not None:
            return exchange
    return None


# --- Notifications -----------------------------------------------------------------------------


def honoured(call: Call, asked: Params) -> Params:
    """Return the part of the filter of a `subscriptions/listen` that the extensions serve. Raises McpError."""
    return {name: value for each in extensions.values() for name, value in each.honoured(call, asked).items()}


def topics(honoured: Params) -> list[str]:
    """Return the topics of the extensions for a subscription with this filter."""
    return [topic for each in extensions.values() for topic in each.topics(honoured)]


def first_notifications(call: Call, honoured: Params) -> list[tuple[str, Params]]:
    """Return method and parameters of the notifications that begin a subscription with this filter."""
    return [found for each in extensions.values() for found in each.first_notifications(call, honoured)]


def notification(call: Call, honoured: Params, body: dict[str, Any]) -> tuple[str, Params] | None:
    """Return what to send for a message of one of those topics: method and parameters; None for nothing."""
    found = (each.notification(call, honoured, body) for each in extensions.values())
    return next(filter(None, found), None)
