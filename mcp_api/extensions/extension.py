"""Base class of extensions, and the methods that they add."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mcp_api.calls.call import Call
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import MissingCapability
from mcp_api.registry.tools import Tool


class Wire(BaseModel):
    """Base class of models of parameters and results on the wire. Unknown members are ignored (SEP-2133)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", strict=True)


class Result(Wire):
    """Base class of results. `resultType` and `_meta` are set by the server, in the modern era."""

    result_type: str | None = None
    meta: dict[str, Any] | None = Field(None, alias="_meta")


Handler = Callable[[Call], dict[str, Any]]
Params = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method that an extension adds: its handler, and the models of its parameters and its result."""

    handler: Handler
    params: type[BaseModel]
    result: type[BaseModel]
    # The parameter that the header Mcp-Name repeats; "" for none.
    named_by: str = ""
    # Whether the client must declare the extension; if it does not, the error is -32021.
    needs_declaration: bool = True
    # Whether legacy revisions have the method, too.
    in_legacy: bool = False
    # Whether the audit log has an event of each request, or only of those that are refused, as of polls.
    is_recorded: bool = True


class Extension:
    """An MCP extension (SEP-2133). A subclass overrides what it contributes; an instance serves all requests.

    The setting EXTENSIONS lists the classes by their dotted paths.
    """

    # Such as "io.modelcontextprotocol/tasks".
    identifier: ClassVar[str]
    # The methods that it adds, by name.
    methods: Mapping[str, Method] = {}
    # The models of the results that it adds to the methods of the specification, by their `resultType`.
    result_types: Mapping[str, type[BaseModel]] = {}

    def ready(self) -> None:
        """Declare tools and resources, and connect signals. Called once, when Django has loaded all apps' tools."""

    def settings(self) -> dict[str, Any] | None:
        """Return what the server's capabilities say of the extension; None if it has nothing to offer."""
        return {}

    # --- Negotiation ---------------------------------------------------------------------------

    def is_declared(self, call: Call) -> bool:
        """Return whether the client declares the extension: in this request, or in its legacy session."""
        return declares(call, self.identifier)

    def require_declared(self, call: Call) -> None:
        """Raise MissingCapability (-32021) if the client does not declare the extension."""
        if not self.is_declared(call):
            raise MissingCapability({"extensions": {self.identifier: {}}})

    # --- Lists of tools ------------------------------------------------------------------------

    def lists(self, call: Call, tool: Tool) -> bool:
        """Return whether `tools/list` names `tool` to this client."""
        return True

    def tool_meta(self, tool: Tool) -> dict[str, Any]:
        """Return what the extension adds to the `_meta` of `tool` in lists."""
        return {}

    # --- Calls of tools ------------------------------------------------------------------------

    # Whether it runs some calls of tools itself, so that each call is shown to the two methods below.
    runs_calls: ClassVar[bool] = False

    def handler_of(self, call: Call) -> Handler | None:
        """Return the handler that runs this `tools/call` in place of the server's; None for the server's."""
        return None

    def exchange_of(self, incoming: Incoming, call: Call) -> Any | None:
        """Return the Exchange (mcp_api/execution/exchange.py) of this `tools/call`; None for the server's."""
        return None

    # --- Notifications -------------------------------------------------------------------------

    def honoured(self, call: Call, asked: Params) -> Params:
        """Return the part of the filter `asked` of a `subscriptions/listen` that the extension serves.

        Raises McpError for a filter that it refuses.
        """
        return {}

    def topics(self, honoured: Params) -> Iterable[str]:
        """Return the topics (mcp_api/pubsub/broker.py) of a subscription with this filter."""
        return ()

    def first_notifications(self, call: Call, honoured: Params) -> Iterable[tuple[str, Params]]:
        """Return method and parameters of the notifications that begin a subscription, such as the current state."""
        return ()

    def notification(self, call: Call, honoured: Params, body: dict[str, Any]) -> tuple[str, Params] | None:
        """Return method and parameters of the notification for the message `body` of a topic; None to send nothing.

        `call` opened the subscription. What it may read now is for the extension to check.
        """
        return None


def declares(call: Call, identifier: str) -> bool:
    """Return whether the client of `call` declares the extension."""
    declared = call.channel.capabilities.get("extensions")
    return isinstance(declared, dict) and isinstance(declared.get(identifier), dict)
